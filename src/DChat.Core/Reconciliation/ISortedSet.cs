namespace DChat.Core.Reconciliation;

/// <summary>Items in order, numbered from 0, as reconciliation reads them. What it holds does not change while it is read.</summary>
public interface ISortedSet
{
    /// <summary>How many items.</summary>
    int Count { get; }

    /// <summary>The index of the first item that is not before a bound; <see cref="Count"/> when all are.</summary>
    int LowerBound(SetItem bound);

    /// <summary>Reads items in order.</summary>
    /// <param name="start">The index of the first.</param>
    /// <param name="items">Filled from the front; as many as there must be.</param>
    /// <exception cref="ArgumentOutOfRangeException">The set ends before.</exception>
    void CopyTo(int start, Span<SetItem> items);

    /// <summary>The sum of the ids of a range.</summary>
    /// <param name="start">The index of the first item.</param>
    /// <param name="until">The index after the last, not less than <paramref name="start"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such range.</exception>
    IdSum SumOf(int start, int until);
}
