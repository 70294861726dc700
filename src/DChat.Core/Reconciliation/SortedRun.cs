namespace DChat.Core.Reconciliation;

/// <summary>
/// Items that lie in order already, such as the leaves of a sealed segment: they are read where they are, and one sum for every 64
/// of them, half a byte an item, is held beside them.
/// </summary>
public sealed class SortedRun : ISortedSet
{
    private const int Stride = 64;

    private readonly ISetItems _items;
    private readonly IdSum[] _sums;
    private readonly IdSum _total;

    /// <summary>Adds the ids up, which reads every item once.</summary>
    /// <param name="items">Where the items are: in order, under the numbers from 0.</param>
    /// <param name="count">How many there are.</param>
    /// <exception cref="ArgumentException">They are not in order, one is there twice, or the last has the timestamp of infinity.</exception>
    public SortedRun(ISetItems items, int count)
    {
        ArgumentNullException.ThrowIfNull(items);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        (_items, Count, _sums) = (items, count, new IdSum[(count + Stride - 1) / Stride]);
        var (sum, previous) = (default(IdSum), default(SetItem));
        for (var i = 0; i < count; i++)
        {
            if (i % Stride == 0)
            {
                _sums[i / Stride] = sum;
            }

            var item = items.ItemOf((uint)i);
            if (i > 0 && item <= previous)
            {
                throw new ArgumentException($"The item {i} is not behind the one before it.", nameof(items));
            }

            sum += IdSum.Of(item.Id);
            previous = item;
        }

        _total = sum;

        if (count > 0 && previous.Timestamp == ulong.MaxValue)
        {
            throw new ArgumentException("An item needs a timestamp that is not infinity.", nameof(items));
        }
    }

    /// <inheritdoc/>
    public int Count { get; }

    /// <inheritdoc/>
    public int LowerBound(SetItem bound)
    {
        var (low, high) = (0, Count);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (_items.ItemOf((uint)middle) < bound)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }

    /// <inheritdoc/>
    public void CopyTo(int start, Span<SetItem> items)
    {
        CheckRange(start, (long)start + items.Length);
        for (var i = 0; i < items.Length; i++)
        {
            items[i] = _items.ItemOf((uint)(start + i));
        }
    }

    /// <inheritdoc/>
    public IdSum SumOf(int start, int until)
    {
        CheckRange(start, until);
        return start > 0 && until - start <= Stride ? AddUp(start, until) : SumBefore(until) - SumBefore(start);
    }

    private IdSum SumBefore(int index) => index == Count ? _total : _sums[index / Stride] + AddUp(index - (index % Stride), index);

    private IdSum AddUp(int start, int end)
    {
        IdSum sum = default;
        for (var i = start; i < end; i++)
        {
            sum += IdSum.Of(_items.ItemOf((uint)i).Id);
        }

        return sum;
    }

    private void CheckRange(int start, long end)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(start, end);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(end, Count);
    }
}
