namespace DChat.Core.Clocks;

/// <summary>
/// A hybrid logical timestamp (Kulkarni et al., 2014): 48 bits of Unix milliseconds, then a 16-bit counter. Orders
/// messages for display; ties are broken by MessageId.
/// </summary>
/// <param name="Value">The packed value, <c>fixed64</c> on the wire.</param>
public readonly record struct HybridTimestamp(ulong Value) : IComparable<HybridTimestamp>
{
    /// <summary>The largest millisecond that 48 bits hold.</summary>
    public const long MaxMilliseconds = (1L << 48) - 1;

    private static readonly long MaxDateMilliseconds = DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();

    /// <summary>Packs the two parts.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="unixMilliseconds"/> is negative or needs more than 48 bits.</exception>
    public static HybridTimestamp Create(long unixMilliseconds, ushort counter)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(unixMilliseconds);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(unixMilliseconds, MaxMilliseconds);
        return new HybridTimestamp(((ulong)unixMilliseconds << 16) | counter);
    }

    /// <summary>Unix milliseconds.</summary>
    public long UnixMilliseconds => (long)(Value >> 16);

    /// <summary>
    /// The time to show, in UTC. What lies after the year 9999, which no date holds and only a dishonest author signs, is
    /// shown as its end.
    /// </summary>
    public DateTimeOffset ToDateTimeOffset() => DateTimeOffset.FromUnixTimeMilliseconds(Math.Min(UnixMilliseconds, MaxDateMilliseconds));

    /// <summary>Counts events within the millisecond.</summary>
    public ushort Counter => (ushort)Value;

    /// <inheritdoc/>
    public int CompareTo(HybridTimestamp other) => Value.CompareTo(other.Value);

    /// <summary>Orders by time, then counter.</summary>
    public static bool operator <(HybridTimestamp left, HybridTimestamp right) => left.Value < right.Value;

    /// <summary>Orders by time, then counter.</summary>
    public static bool operator >(HybridTimestamp left, HybridTimestamp right) => left.Value > right.Value;

    /// <summary>Orders by time, then counter.</summary>
    public static bool operator <=(HybridTimestamp left, HybridTimestamp right) => left.Value <= right.Value;

    /// <summary>Orders by time, then counter.</summary>
    public static bool operator >=(HybridTimestamp left, HybridTimestamp right) => left.Value >= right.Value;
}
