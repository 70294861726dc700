using DChat.Core.Envelopes;
using DChat.Core.Shards;
using DChat.Storage.Log.Local.Checkpoint;

namespace DChat.Storage.Log.Local;

/// <summary>A writer of one shard of the local log.</summary>
internal sealed class LocalShardWriter(ShardState shard, ulong term, int shardBits, GroupCommitter committer, RecordReader reader, IndexFile index, LogTrimmer trimmer) : IShardLogWriter
{
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
            var length = RecordBatch.Measure(append, shard.Id, shardBits);
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

    public ValueTask<IReadOnlyList<ulong>> ReadIntoAsync(
        ReadOnlyMemory<IndexedMessage> messages, Memory<byte> destination, CancellationToken cancellationToken) =>
        new(Task.Run(() => reader.Read(shard.Id, messages.Span, destination.Span, out _, cancellationToken), cancellationToken));

    public void Release(ulong through)
    {
        shard.Release(through);
        trimmer.Begin();
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

        RecordBatch.ThrowIfRepeated(append, _ids);
        return term == shard.Term ? null : AppendOutcome.Fenced;
    }
}
