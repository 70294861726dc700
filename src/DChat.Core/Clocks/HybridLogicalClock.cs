namespace DChat.Core.Clocks;

/// <summary>
/// A hybrid logical clock (Kulkarni et al., 2014): its timestamps follow the wall clock, never repeat and never run
/// backwards, and follow the timestamps observed, as far as <see cref="MaxFollow"/>. Thread-safe, lock-free.
/// </summary>
/// <param name="time">The wall clock; it may jump.</param>
public sealed class HybridLogicalClock(TimeProvider time)
{
    /// <summary>How far ahead of a relay's wall clock a message may be, unless its operator says otherwise: 60 s.</summary>
    public static readonly TimeSpan MaxAhead = TimeSpan.FromSeconds(60);

    /// <summary>
    /// How far ahead of its own wall clock a clock follows another's timestamp: 5 s. Far less than <see cref="MaxAhead"/>,
    /// or one member with a clock just within that limit would carry all others to where relays refuse them.
    /// </summary>
    public static readonly TimeSpan MaxFollow = TimeSpan.FromSeconds(5);

    private ulong _last;

    /// <summary>
    /// A timestamp greater than any returned or observed before. When the counter of a millisecond is used up it goes on
    /// in the next one; when the wall clock jumps back, the clock counts on from where it was.
    /// </summary>
    public HybridTimestamp Next()
    {
        var now = HybridTimestamp.Create(WallMilliseconds(), counter: 0).Value;
        while (true)
        {
            var last = Volatile.Read(ref _last);
            // Milliseconds and counter are one integer, so adding one carries.
            var next = Math.Max(last + 1, now);
            if (Interlocked.CompareExchange(ref _last, next, last) == last)
            {
                return new HybridTimestamp(next);
            }
        }
    }

    /// <summary>
    /// Takes note of another's timestamp: from now on <see cref="Next"/> returns greater ones. A timestamp more than
    /// <see cref="MaxFollow"/> ahead of the wall clock does not move the clock.
    /// </summary>
    /// <returns>False when it was too far ahead.</returns>
    public bool TryObserve(HybridTimestamp remote)
    {
        if (remote.UnixMilliseconds - WallMilliseconds() > (long)MaxFollow.TotalMilliseconds)
        {
            return false;
        }

        var last = Volatile.Read(ref _last);
        while (remote.Value > last)
        {
            var seen = Interlocked.CompareExchange(ref _last, remote.Value, last);
            if (seen == last)
            {
                break;
            }

            last = seen;
        }

        return true;
    }

    private long WallMilliseconds() => Math.Max(0, time.GetUtcNow().ToUnixTimeMilliseconds());
}
