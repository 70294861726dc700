namespace DChat.Federation.Sync;

/// <summary>How many envelope bytes may still come in one run, and how many ranges may be parted. Thread-safe.</summary>
internal sealed class RunBudget(long bytes)
{
    /// <summary>The most ranges that are parted in a run: enough for some ten million messages that one side lacks, and a partner that lies ends there.</summary>
    public const int MaxSplits = 1_024;

    private long _left = bytes;
    private int _splits;

    /// <summary>Whether nothing is left.</summary>
    public bool IsSpent => Interlocked.Read(ref _left) <= 0;

    /// <summary>Takes the right to part a range; false when there were too many.</summary>
    public bool TrySplit() => Interlocked.Increment(ref _splits) <= MaxSplits;

    /// <summary>Takes bytes; false when nothing is left. The last batch may go beyond.</summary>
    public bool TryTake(long bytes) => Interlocked.Add(ref _left, -bytes) + bytes > 0;
}
