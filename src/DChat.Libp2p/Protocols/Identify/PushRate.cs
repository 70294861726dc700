namespace DChat.Libp2p.Protocols.Identify;

/// <summary>How often a connection may push: a burst, refilled with time. Not thread-safe.</summary>
internal sealed class PushRate(TimeProvider time)
{
    /// <summary>Pushes that a connection may send at once: a peer that sets up many protocols one by one.</summary>
    internal const int Burst = 16;

    /// <summary>The time in which one more push is allowed.</summary>
    internal static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    private double _left = Burst;
    private long _at = time.GetTimestamp();

    /// <summary>Takes a push; false when there is none left.</summary>
    internal bool TryTake()
    {
        _left = Math.Min(Burst, _left + (time.GetElapsedTime(_at) / Interval));
        _at = time.GetTimestamp();
        if (_left < 1)
        {
            return false;
        }

        _left--;
        return true;
    }
}
