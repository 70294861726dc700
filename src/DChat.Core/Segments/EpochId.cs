using System.Globalization;

namespace DChat.Core.Segments;

/// <summary>An epoch of a network, numbered upwards. A message belongs to the epoch whose finalised list names it, whatever its timestamp.</summary>
public readonly record struct EpochId(ulong Value) : IComparable<EpochId>
{
    /// <inheritdoc/>
    public int CompareTo(EpochId other) => Value.CompareTo(other.Value);

    /// <summary>The number in decimal.</summary>
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);

    /// <summary>Orders by number.</summary>
    public static bool operator <(EpochId left, EpochId right) => left.Value < right.Value;

    /// <summary>Orders by number.</summary>
    public static bool operator >(EpochId left, EpochId right) => left.Value > right.Value;

    /// <summary>Orders by number.</summary>
    public static bool operator <=(EpochId left, EpochId right) => left.Value <= right.Value;

    /// <summary>Orders by number.</summary>
    public static bool operator >=(EpochId left, EpochId right) => left.Value >= right.Value;
}
