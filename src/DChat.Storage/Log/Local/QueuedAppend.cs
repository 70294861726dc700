using System.Threading.Tasks.Sources;
using DChat.Core.Shards;
using DChat.Storage.Log.Local.Wal;

namespace DChat.Storage.Log.Local;

/// <summary>
/// The append a writer has in flight: written into the frame and completed once by the committer. Reused, because a writer
/// has one at a time.
/// </summary>
internal sealed class QueuedAppend(ShardState shard, ulong term) : IValueTaskSource<AppendResult>
{
    // Run inline, the code that awaits an append would hold up the committer.
    private ManualResetValueTaskSourceCore<AppendResult> _completion = new() { RunContinuationsAsynchronously = true };
    private ulong[] _locations = [];
    private int _inFlight;

    /// <summary>The shard.</summary>
    public ShardState Shard { get; } = shard;

    /// <summary>The writer's term.</summary>
    public ulong Term { get; } = term;

    /// <summary>The batch in flight.</summary>
    public ShardAppend Append { get; private set; } = null!;

    /// <summary>The length of the batch as WAL records.</summary>
    public int Length { get; private set; }

    /// <summary>Where in the group's frame the batch stands.</summary>
    public int OffsetInFrame { get; set; }

    /// <summary>What the caller awaits.</summary>
    public ValueTask<AppendResult> Completion => new(this, _completion.Version);

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
        Append = null!;
        Volatile.Write(ref _inFlight, 0);
    }

    /// <summary>Sets the batch.</summary>
    /// <param name="append">A valid batch.</param>
    /// <param name="length">The length of its records together.</param>
    public void Set(ShardAppend append, int length) => (Append, Length) = (append, length);

    /// <summary>Writes the records.</summary>
    /// <param name="destination">As long as <see cref="Length"/>.</param>
    public void WriteTo(Span<byte> destination) => RecordBatch.Write(destination, Append, Shard.Id);

    /// <summary>Notes in the shard where the messages are, which are durable now.</summary>
    /// <param name="frame">Where the group's frame starts.</param>
    public void Keep(WalPosition frame)
    {
        var entries = Append.Entries;
        if (_locations.Length < entries.Count)
        {
            _locations = new ulong[entries.Count];
        }

        RecordBatch.Locate(_locations.AsSpan(0, entries.Count), Append, frame.File, frame.Offset + OffsetInFrame);
        Shard.Add(Append, _locations.AsSpan(0, entries.Count));
    }

    /// <summary>Ends the append.</summary>
    public void Complete(AppendOutcome outcome)
    {
        var count = Append.Entries.Count;
        Append = null!;
        _completion.SetResult(outcome == AppendOutcome.Durable ? new AppendResult(outcome, _locations.AsMemory(0, count)) : AppendResult.Not(outcome));
    }

    AppendResult IValueTaskSource<AppendResult>.GetResult(short token)
    {
        var result = _completion.GetResult(token);
        _completion.Reset();
        Volatile.Write(ref _inFlight, 0);
        return result;
    }

    ValueTaskSourceStatus IValueTaskSource<AppendResult>.GetStatus(short token) => _completion.GetStatus(token);

    void IValueTaskSource<AppendResult>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _completion.OnCompleted(continuation, state, token, flags);
}
