namespace DChat.Core.Reconciliation;

/// <summary>The items of a set between two bounds, read where they are: what a client that wants a stretch of time reconciles.</summary>
public sealed class SubSet : ISortedSet
{
    private readonly ISortedSet _set;

    /// <summary>The items from a bound up to another.</summary>
    /// <param name="set">Where they are.</param>
    /// <param name="from">The least that may be in it.</param>
    /// <param name="to">The least that is behind it.</param>
    /// <exception cref="ArgumentException">The bounds descend.</exception>
    public SubSet(ISortedSet set, SetItem from, SetItem to)
    {
        ArgumentNullException.ThrowIfNull(set);
        if (to < from)
        {
            throw new ArgumentException("A range may not end before it begins.", nameof(to));
        }

        (_set, Start) = (set, set.LowerBound(from));
        Count = set.LowerBound(to) - Start;
    }

    private SubSet(ISortedSet set) => (_set, Count) = (set, set.Count);

    /// <summary>The index in the whole set of its first item.</summary>
    public int Start { get; }

    /// <inheritdoc/>
    public int Count { get; }

    /// <summary>All items of a set; none of them is looked at.</summary>
    internal static SubSet WholeOf(ISortedSet set) => new(set);

    /// <inheritdoc/>
    public int LowerBound(SetItem bound) => Math.Clamp(_set.LowerBound(bound) - Start, 0, Count);

    /// <inheritdoc/>
    public void CopyTo(int start, Span<SetItem> items)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((long)start + items.Length, Count);
        _set.CopyTo(Start + start, items);
    }

    /// <inheritdoc/>
    public IdSum SumOf(int start, int until)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(start, until);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(until, Count);
        return _set.SumOf(Start + start, Start + until);
    }
}
