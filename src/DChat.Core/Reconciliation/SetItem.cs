namespace DChat.Core.Reconciliation;

/// <summary>One item of a set that is reconciled. Items order by timestamp, then by the bytes of their ids; both together are unique.</summary>
/// <param name="Timestamp">Any unit, so long as both sides use the same; less than <see cref="ulong.MaxValue"/>, which stands for infinity.</param>
/// <param name="Id">A hash of the item's content.</param>
public readonly record struct SetItem(ulong Timestamp, Bytes32 Id) : IComparable<SetItem>
{
    /// <inheritdoc/>
    public int CompareTo(SetItem other)
    {
        var order = Timestamp.CompareTo(other.Timestamp);
        return order != 0 ? order : Id.CompareTo(other.Id);
    }

    /// <summary>Orders by timestamp, then by id.</summary>
    public static bool operator <(SetItem left, SetItem right) => left.CompareTo(right) < 0;

    /// <summary>Orders by timestamp, then by id.</summary>
    public static bool operator >(SetItem left, SetItem right) => left.CompareTo(right) > 0;

    /// <summary>Orders by timestamp, then by id.</summary>
    public static bool operator <=(SetItem left, SetItem right) => left.CompareTo(right) <= 0;

    /// <summary>Orders by timestamp, then by id.</summary>
    public static bool operator >=(SetItem left, SetItem right) => left.CompareTo(right) >= 0;
}
