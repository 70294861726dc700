using DChat.Core.Envelopes;
using DChat.Core.Shards;
using DChat.Storage.Log.Local.Checkpoint;
using DChat.Storage.Log.Local.Wal;

namespace DChat.Storage.Log.Local;

/// <summary>A writer of one shard of the local log.</summary>
internal sealed class LocalShardWriter(ShardState shard, ulong term, int shardBits, GroupCommitter committer, RecordReader reader, IndexFile index, LogTrimmer trimmer) : IShardLogWriter
{
    /// <summary>The longest batch as records: 2 MiB.</summary>
    public const int MaxBatchBytes = 2 << 20;

    private readonly QueuedAppend _pending = new(shard, term);
    private readonly HashSet<MessageId> _ids = [];

    public ulong Term => term;

    public bool IsFenced => term != shard.Term;

    public ulong Head => shard.Head;

    public ValueTask ReplayAsync(ReplayMessage message, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(message);

        // The writer before has ended, and this one has not begun, so nothing is added meanwhile.
        return new ValueTask(Task.Run(() => index.Replay(shard, message, cancellationToken), cancellationToken));
    }

    public ValueTask<AppendResult> AppendAsync(ShardAppend append)
    {
        ArgumentNullException.ThrowIfNull(append);
        _pending.Begin();
        var isQueued = false;
        try
        {
            var length = Measure(append);
            if (EarlyOutcome(append) is { } outcome)
            {
                return new ValueTask<AppendResult>(AppendResult.Not(committer.Refuse(outcome)));
            }

            _pending.Set(append, length);
            if (committer.Submit(_pending) is { } refusal)
            {
                return new ValueTask<AppendResult>(AppendResult.Not(refusal));
            }

            isQueued = true;
            return _pending.Completion;
        }
        finally
        {
            if (!isQueued)
            {
                _pending.Cancel();
            }
        }
    }

    // The caller may be a grain: reading on its turn would hold up the grain's other calls.
    public ValueTask<StoredEnvelopes> ReadAsync(ReadOnlyMemory<IndexedMessage> messages, CancellationToken cancellationToken) =>
        new(Task.Run(() => reader.Read(shard.Id, messages.Span, cancellationToken), cancellationToken));

    public void Release(ulong through)
    {
        shard.Release(through);
        trimmer.Begin();
    }

    // A bad batch is refused here, because the WAL cannot take back what it has written.
    private int Measure(ShardAppend append)
    {
        if (append.Entries.Count == 0)
        {
            throw new ArgumentException("A batch has at least one message.", nameof(append));
        }

        if (append.TopicSequences.Count != append.Entries.Count)
        {
            throw new ArgumentException($"{append.TopicSequences.Count} topic sequences for {append.Entries.Count} messages.", nameof(append));
        }

        long envelopes = 0;
        foreach (var entry in append.Entries)
        {
            if (entry.Length is < 1 or > EnvelopeLimits.MaxBytes || !Enum.IsDefined(entry.Class) || entry.Topic.ShardOf(shardBits) != shard.Id)
            {
                throw new ArgumentException($"The length, class or topic of {entry.Id} is out of range for shard {shard.Id}.", nameof(append));
            }

            envelopes += entry.Length;
        }

        var length = envelopes + ((long)append.Entries.Count * WalRecord.HeaderLength);
        if (!AreWhole(append) || length > MaxBatchBytes)
        {
            throw new ArgumentException(
                $"The lengths add up to {envelopes} bytes, and as records to {length} of at most {MaxBatchBytes}; "
                + $"the runs hold {append.Runs.Sum(run => (long)run.Length)} bytes, or end within an envelope.",
                nameof(append));
        }

        return (int)length;
    }

    // Checks that every run holds whole envelopes, and that the runs together hold every entry of the batch.
    private static bool AreWhole(ShardAppend append)
    {
        var message = 0;
        foreach (var run in append.Runs)
        {
            var left = run.Length;
            for (; left > 0 && message < append.Entries.Count; message++)
            {
                left -= append.Entries[message].Length;
            }

            if (left != 0)
            {
                return false;
            }
        }

        return message == append.Entries.Count;
    }

    private AppendOutcome? EarlyOutcome(ShardAppend append)
    {
        if (committer.Failure is not null)
        {
            return AppendOutcome.Failed;
        }

        if (append.FirstSequence != shard.Head + 1)
        {
            return term == shard.Term ? AppendOutcome.OutOfSequence : AppendOutcome.Fenced;
        }

        _ids.Clear();
        foreach (var entry in append.Entries)
        {
            if (!_ids.Add(entry.Id))
            {
                throw new ArgumentException($"The batch has {entry.Id} twice.", nameof(append));
            }
        }

        return term == shard.Term ? null : AppendOutcome.Fenced;
    }
}
