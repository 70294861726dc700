using System.Buffers;
using System.Threading.Tasks.Sources;
using DChat.Core.Shards;
using DChat.Storage.Log.Local.Wal;

namespace DChat.Storage.Log.Local;

/// <summary>
/// The append a writer has in flight: encoded on the caller's thread, completed once by the committer. Reused, because a
/// writer has one at a time.
/// </summary>
internal sealed class QueuedAppend(ShardState shard, ulong term) : IValueTaskSource<AppendOutcome>
{
    // The committer must not run what awaits an append.
    private ManualResetValueTaskSourceCore<AppendOutcome> _completion = new() { RunContinuationsAsynchronously = true };
    private byte[] _buffer = [];
    private int _length;
    private int _inFlight;

    /// <summary>The shard.</summary>
    public ShardState Shard { get; } = shard;

    /// <summary>The writer's term.</summary>
    public ulong Term { get; } = term;

    /// <summary>The batch in flight.</summary>
    public ShardAppend Append { get; private set; } = null!;

    /// <summary>The batch as WAL records.</summary>
    public ReadOnlySpan<byte> Records => _buffer.AsSpan(0, _length);

    /// <summary>Where in the group's frame the batch stands.</summary>
    public int OffsetInFrame { get; set; }

    /// <summary>What the caller awaits.</summary>
    public ValueTask<AppendOutcome> Completion => new(this, _completion.Version);

    /// <summary>Takes the one place in flight.</summary>
    /// <exception cref="InvalidOperationException">The append before has not completed.</exception>
    public void Begin()
    {
        if (Interlocked.Exchange(ref _inFlight, 1) != 0)
        {
            throw new InvalidOperationException("One append at a time: the one before has not completed.");
        }
    }

    /// <summary>Gives the place back when the append never reached the committer.</summary>
    public void Cancel()
    {
        Release();
        Volatile.Write(ref _inFlight, 0);
    }

    /// <summary>Encodes the batch.</summary>
    /// <param name="append">A valid batch.</param>
    /// <param name="length">The length of its records together.</param>
    public void Encode(ShardAppend append, int length)
    {
        Append = append;
        _buffer = ArrayPool<byte>.Shared.Rent(length);
        _length = 0;
        var envelopes = append.Envelopes.Span;
        for (var i = 0; i < append.Entries.Count; i++)
        {
            var entry = append.Entries[i];
            _length += WalRecord.Write(
                _buffer.AsSpan(_length), Shard.Id, append.FirstSequence + (ulong)i, entry, envelopes[..entry.Length]);
            envelopes = envelopes[entry.Length..];
        }
    }

    /// <summary>Ends the append. The records are gone afterwards.</summary>
    public void Complete(AppendOutcome outcome)
    {
        Release();
        _completion.SetResult(outcome);
    }

    AppendOutcome IValueTaskSource<AppendOutcome>.GetResult(short token)
    {
        var outcome = _completion.GetResult(token);
        _completion.Reset();
        Volatile.Write(ref _inFlight, 0);
        return outcome;
    }

    ValueTaskSourceStatus IValueTaskSource<AppendOutcome>.GetStatus(short token) => _completion.GetStatus(token);

    void IValueTaskSource<AppendOutcome>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _completion.OnCompleted(continuation, state, token, flags);

    private void Release()
    {
        Append = null!;
        if (_buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
        }

        (_buffer, _length) = ([], 0);
    }
}
