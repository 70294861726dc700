using DChat.Core;
using DChat.Core.Envelopes;
using DChat.Core.Shards;
using DChat.Core.Topics;

namespace DChat.Storage.Azure.Log;

/// <summary>
/// A writer of one shard of the log in Azure Storage. Once it is fenced, or does not know where its blob ends, it appends no more, and
/// whoever has it opens the shard anew.
/// </summary>
internal sealed class AzureShardWriter : IShardLogWriter
{
    private readonly AzureLogParts _log;
    private readonly ShardId _shard;
    private readonly ShardBlobs _blobs;
    private readonly HashSet<MessageId> _ids = [];
    private IReadOnlyList<LoggedMessage>? _newest;
    private TakenBlob _current;
    private long _position = BlobMark.Length;
    private int _blocks = 1;
    private byte[] _block = [];
    private ulong[] _locations = [];
    private ulong _head;
    private long? _busyUntil;
    private volatile bool _isFenced;
    private int _inFlight;

    public AzureShardWriter(AzureLogParts log, ShardId shard, OpenedShard opened)
    {
        (_log, _shard, _current, _head, _newest) = (log, shard, opened.Current, opened.Head, opened.Newest);
        _blobs = new ShardBlobs(log, opened);
    }

    public ulong Term => _current.Name.Term;

    /// <summary>As far as it knows: a writer of another process is heard of at the next append, or when a message that it has released is read.</summary>
    public bool IsFenced => _isFenced;

    public ulong Head => Volatile.Read(ref _head);

    /// <summary>Whether it has messages that are not released.</summary>
    public bool IsUnreleased => Head > _blobs.Released;

    public async ValueTask ReplayAsync(ReplayMessage message, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(message);
        var newest = Interlocked.Exchange(ref _newest, null);
        var through = await new ShardReplayer(_log, _blobs).ReplayAsync(newest, message, cancellationToken).ConfigureAwait(false);
        if (through is { } last && last != Head)
        {
            throw AzureLogErrors.Corrupt(_log.Blobs.PathOf(_current.Name), 0, $"it begins after sequence {Head}, but the blobs before it end with {last}");
        }
    }

    public async ValueTask<AppendResult> AppendAsync(ShardAppend append)
    {
        ArgumentNullException.ThrowIfNull(append);
        if (Interlocked.Exchange(ref _inFlight, 1) != 0)
        {
            throw new InvalidOperationException("The append before has not completed.");
        }

        try
        {
            var length = RecordBatch.Measure(append, _shard, _log.Options.ShardBits);
            if (EarlyOutcome(append) is { } early)
            {
                return Refuse(early);
            }

            _newest = null;
            if (IsDue(length) && await RollAsync().ConfigureAwait(false) is { } failure)
            {
                return Refuse(failure);
            }

            return await WriteAsync(append, length).ConfigureAwait(false);
        }
        finally
        {
            Volatile.Write(ref _inFlight, 0);
        }
    }

    public async ValueTask<StoredEnvelopes> ReadAsync(ReadOnlyMemory<IndexedMessage> messages, CancellationToken cancellationToken) =>
        await _log.Reader.ReadAsync(_shard, _blobs, messages, IsTakenAsync, cancellationToken).ConfigureAwait(false);

    public void Release(ulong through) => _blobs.Release(Math.Min(through, Head), () => _isFenced);

    /// <summary>Another writer of this process has the shard.</summary>
    public void Fence() => _isFenced = true;

    /// <summary>What goes on in the background; never fails.</summary>
    public Task Trimming => _blobs.Trimming;

    // Whoever takes the shard makes a blob of a higher term, before anything of this writer's is released.
    private async Task<bool> IsTakenAsync(CancellationToken cancellationToken)
    {
        var there = await _log.Blobs.ListAsync(_shard, cancellationToken).ConfigureAwait(false);
        _isFenced |= there.Count > 0 && there[^1].Name.Term > Term;
        return _isFenced;
    }

    private AppendOutcome? EarlyOutcome(ShardAppend append)
    {
        if (_isFenced)
        {
            return AppendOutcome.Fenced;
        }

        if (append.FirstSequence != Head + 1)
        {
            return AppendOutcome.OutOfSequence;
        }

        RecordBatch.ThrowIfRepeated(append, _ids);
        if (_busyUntil is { } until && _log.Time.GetTimestamp() < until)
        {
            return AppendOutcome.Busy;
        }

        _busyUntil = null;
        return null;
    }

    private async Task<AppendResult> WriteAsync(ShardAppend append, int length)
    {
        if (_block.Length < length)
        {
            _block = new byte[Math.Min(RecordBatch.MaxBytes, Math.Max(length, _block.Length * 2))];
        }

        var block = _block.AsMemory(0, length);
        RecordBatch.Write(block.Span, append, _shard);
        var started = _log.Time.GetTimestamp();
        if (await PutAsync(block).ConfigureAwait(false) is { } outcome)
        {
            return Refuse(outcome);
        }

        var count = append.Entries.Count;
        if (_locations.Length < count)
        {
            _locations = new ulong[count];
        }

        RecordBatch.Locate(_locations.AsSpan(0, count), append, _blobs.Newest, _position - length);
        Volatile.Write(ref _head, Head + (ulong)count);
        _log.Instruments.Committed(count, length, _log.Time.GetElapsedTime(started));
        return new AppendResult(AppendOutcome.Durable, _locations.AsMemory(0, count));
    }

    private bool IsDue(int length) =>
        _position > BlobMark.Length && (_blocks >= _log.Options.BlobBlocks || _position + length > _log.Options.BlobBytes);

    // Null when the writer has gone on in another blob. Anybody who opens the shard from here on finds the end and what it names.
    private async Task<AppendOutcome?> RollAsync()
    {
        var next = _current.Name.NextNumber;
        var end = new BlobMark(_log.Id, _current.Name, Head + 1, next);
        if (await PutAsync(end.ToBytes()).ConfigureAwait(false) is { } outcome)
        {
            return outcome;
        }

        try
        {
            if (await _log.Taker.TryTakeAsync(next, Head + 1, CancellationToken.None).ConfigureAwait(false) is not { } taken)
            {
                _isFenced = true;
                return AppendOutcome.Fenced;
            }

            _blobs.Add(taken.Name, Head);
            (_current, _position, _blocks) = (taken, BlobMark.Length, 1);
            return null;
        }
        catch (DChatException e)
        {
            return Fail(e);
        }
    }

    // Null when the block is durable.
    private async Task<AppendOutcome?> PutAsync(ReadOnlyMemory<byte> block)
    {
        var (outcome, cause, retryAfter) = await _log.Appender.AppendAsync(_current.Name, _position, block, _current.Lease).ConfigureAwait(false);
        switch (outcome)
        {
            case BlockOutcome.Written:
                _position += block.Length;
                _blocks++;
                _log.Health.Well();
                return null;
            case BlockOutcome.Lost:
                _isFenced = true;
                return AppendOutcome.Fenced;
            case BlockOutcome.Refused:
                _busyUntil = _log.Time.GetTimestamp() + (long)((retryAfter ?? TimeSpan.Zero).TotalSeconds * _log.Time.TimestampFrequency);
                return AppendOutcome.Busy;
            default:
                return Fail(cause!);
        }
    }

    private AppendOutcome Fail(Exception cause)
    {
        _isFenced = true;
        _log.Health.Ill(_log.Blobs.PathOf(_current.Name), cause);
        return AppendOutcome.Failed;
    }

    private AppendResult Refuse(AppendOutcome outcome)
    {
        _log.Instruments.Refused(outcome);
        return AppendResult.Not(outcome);
    }
}
