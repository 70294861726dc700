using System.Numerics;

namespace DChat.Core.Reconciliation;

/// <summary>
/// Where a range of a set ends: before the first item that is not less (negentropy v1, "Bound"). As short as it can be: the bytes
/// of the id that it does not name are zero.
/// </summary>
/// <param name="Item">The least item that is not in the range; <see cref="ulong.MaxValue"/> as timestamp is infinity.</param>
/// <param name="PrefixLength">How many bytes of the id are named, 0 to 32; the others are zero.</param>
public readonly record struct SetBound(SetItem Item, int PrefixLength)
{
    /// <summary>Behind every item.</summary>
    public static SetBound Infinity { get; } = FromTimestamp(ulong.MaxValue);

    /// <summary>Whether it is behind every item.</summary>
    public bool IsInfinity => Item.Timestamp == ulong.MaxValue;

    /// <summary>Before the first item of a timestamp.</summary>
    public static SetBound FromTimestamp(ulong timestamp) => new(new SetItem(timestamp, default), 0);

    /// <summary>Right before an item, whatever comes before it.</summary>
    public static SetBound Before(SetItem item) => new(item, Bytes32.Length);

    /// <summary>The shortest bound between two items that follow each other.</summary>
    public static SetBound Between(SetItem previous, SetItem next)
    {
        if (previous.Timestamp != next.Timestamp)
        {
            return FromTimestamp(next.Timestamp);
        }

        var (a, b, c, d) = previous.Id ^ next.Id;
        var common = a != 0 ? BitOperations.LeadingZeroCount(a)
            : b != 0 ? 64 + BitOperations.LeadingZeroCount(b)
            : c != 0 ? 128 + BitOperations.LeadingZeroCount(c)
            : 192 + BitOperations.LeadingZeroCount(d);
        var length = Math.Min((common / 8) + 1, Bytes32.Length);
        Span<byte> id = stackalloc byte[Bytes32.Length];
        next.Id.CopyTo(id);
        id[length..].Clear();
        return new SetBound(new SetItem(next.Timestamp, new Bytes32(id)), length);
    }
}
