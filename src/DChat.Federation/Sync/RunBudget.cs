namespace DChat.Federation.Sync;

/// <summary>How many envelope bytes may still come in one run. Thread-safe.</summary>
internal sealed class RunBudget(long bytes)
{
    private long _left = bytes;

    /// <summary>Whether nothing is left.</summary>
    public bool IsSpent => Interlocked.Read(ref _left) <= 0;

    /// <summary>Takes bytes; false when nothing is left. The last batch may go beyond.</summary>
    public bool TryTake(long bytes) => Interlocked.Add(ref _left, -bytes) + bytes > 0;
}
