namespace DChat.Federation.Sync;

/// <summary>How many envelope bytes may still come in one run, how many ranges may be parted, and until when. Thread-safe.</summary>
/// <param name="bytes">How many bytes.</param>
/// <param name="end">Ends the run, when its time is over or the silo stops.</param>
/// <param name="stop">Ends it when the silo stops.</param>
internal sealed class RunBudget(long bytes, CancellationToken end, CancellationToken stop)
{
    /// <summary>The most ranges that are parted in a run: enough for some ten million messages that one side lacks, and a partner that lies ends there.</summary>
    public const int MaxSplits = 1_024;

    private long _left = bytes;
    private int _splits;

    /// <summary>Whether nothing is left.</summary>
    public bool IsSpent => Interlocked.Read(ref _left) <= 0;

    /// <summary>Ends the run.</summary>
    public CancellationToken End => end;

    /// <summary>Whether the silo stops.</summary>
    public bool IsStopping => stop.IsCancellationRequested;

    /// <summary>Takes the right to part a range; false when there were too many.</summary>
    public bool TrySplit() => Interlocked.Increment(ref _splits) <= MaxSplits;

    /// <summary>Takes bytes; false when nothing is left. The last batch may go beyond.</summary>
    public bool TryTake(long bytes) => Interlocked.Add(ref _left, -bytes) + bytes > 0;

    /// <summary>What an operator is told of a failure.</summary>
    public string TextOf(Exception failure) => end.IsCancellationRequested
        ? "The time of the run was over."
        : SyncAsking.MayPass(failure) ? failure.Message : $"{failure.GetType().Name}: {failure.Message}";
}
