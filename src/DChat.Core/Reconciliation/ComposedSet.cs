namespace DChat.Core.Reconciliation;

/// <summary>
/// Disjoint sets read as one, in one order, without a copy: sums add up, and an index is found by narrowing down how many items each
/// part has before it. Made for one session: it remembers where it was last, and is not thread-safe.
/// </summary>
public sealed class ComposedSet : ISortedSet
{
    // A range begins where one before it ended, and a split goes back by an item and stays within a range.
    private const int Remembered = 8;

    private readonly ISortedSet[] _parts;
    private readonly (int Index, int[] Positions)[] _remembered;
    private readonly SetItem[] _heads;
    private readonly int[] _low;
    private readonly int[] _high;
    private readonly int[] _ranks;
    private readonly int[] _from;
    private int _next;

    /// <summary>Composes sets; no item may be in two of them.</summary>
    /// <exception cref="ArgumentException">There are more than <see cref="int.MaxValue"/> items.</exception>
    public ComposedSet(IEnumerable<ISortedSet> parts)
    {
        ArgumentNullException.ThrowIfNull(parts);
        _parts = [.. parts.Where(part => part.Count > 0)];
        var count = _parts.Sum(part => (long)part.Count);
        if (count > int.MaxValue)
        {
            throw new ArgumentException("The parts have more items than one set may have.", nameof(parts));
        }

        Count = (int)count;
        _remembered = [.. Enumerable.Range(0, Remembered).Select(_ => (0, new int[_parts.Length]))];
        _heads = new SetItem[_parts.Length];
        (_low, _high) = (new int[_parts.Length], new int[_parts.Length]);
        (_ranks, _from) = (new int[_parts.Length], new int[_parts.Length]);
    }

    /// <inheritdoc/>
    public int Count { get; }

    /// <inheritdoc/>
    public int LowerBound(SetItem bound)
    {
        var index = 0;
        for (var i = 0; i < _parts.Length; i++)
        {
            _ranks[i] = _parts[i].LowerBound(bound);
            index += _ranks[i];
        }

        Remember(index, _ranks);
        return index;
    }

    /// <inheritdoc/>
    public void CopyTo(int start, Span<SetItem> items)
    {
        CheckRange(start, (long)start + items.Length);
        if (items.IsEmpty)
        {
            return;
        }

        // Parts that have nothing in the range are not looked at again.
        var positions = (Span<int>)[.. Locate(start)];
        var ends = (Span<int>)[.. Locate(start + items.Length)];
        List<int> live = [];
        for (var i = 0; i < _parts.Length; i++)
        {
            if (positions[i] < ends[i])
            {
                _parts[i].CopyTo(positions[i], _heads.AsSpan(i, 1));
                live.Add(i);
            }
        }

        for (var at = 0; at < items.Length; at++)
        {
            var least = 0;
            for (var i = 1; i < live.Count; i++)
            {
                least = _heads[live[i]] < _heads[live[least]] ? i : least;
            }

            var part = live[least];
            items[at] = _heads[part];
            if (++positions[part] < ends[part])
            {
                _parts[part].CopyTo(positions[part], _heads.AsSpan(part, 1));
            }
            else
            {
                live.RemoveAt(least);
            }
        }
    }

    /// <inheritdoc/>
    public IdSum SumOf(int start, int until)
    {
        CheckRange(start, until);
        Locate(start).CopyTo(_from, 0);
        var (from, to) = (_from, Locate(until));
        IdSum sum = default;
        for (var i = 0; i < _parts.Length; i++)
        {
            if (from[i] < to[i])
            {
                sum += _parts[i].SumOf(from[i], to[i]);
            }
        }

        return sum;
    }

    /// <summary>How many items each part has before an index of the whole. Valid until the next is looked for.</summary>
    private int[] Locate(int index)
    {
        // Between the nearest places that are known few parts have anything.
        var (below, above) = (-1, -1);
        for (var i = 0; i < Remembered; i++)
        {
            var known = _remembered[i].Index;
            if (known == index)
            {
                return _remembered[i].Positions;
            }

            below = known < index && (below < 0 || known > _remembered[below].Index) ? i : below;
            above = known > index && (above < 0 || known < _remembered[above].Index) ? i : above;
        }

        for (var i = 0; i < _parts.Length; i++)
        {
            _low[i] = below < 0 ? 0 : _remembered[below].Positions[i];
            _high[i] = above < 0 ? _parts[i].Count : _remembered[above].Positions[i];
        }

        if (index == Count)
        {
            // All of every part: no item has to be looked at.
            for (var i = 0; i < _parts.Length; i++)
            {
                _low[i] = _parts[i].Count;
            }

            return Remember(index, _low);
        }

        var found = below < 0 ? 0 : _remembered[below].Index;
        while (found < index)
        {
            found = Narrow(index);
        }

        return Remember(index, _low);
    }

    /// <summary>Halves the part about which least is known; returns how many items are known to be before the index.</summary>
    private int Narrow(int index)
    {
        var widest = 0;
        for (var i = 1; i < _parts.Length; i++)
        {
            widest = _high[i] - _low[i] > _high[widest] - _low[widest] ? i : widest;
        }

        var middle = (_low[widest] + _high[widest]) >>> 1;
        Span<SetItem> pivot = stackalloc SetItem[1];
        _parts[widest].CopyTo(middle, pivot);
        var before = 0;
        for (var i = 0; i < _parts.Length; i++)
        {
            _ranks[i] = i == widest ? middle : _low[i] == _high[i] ? _low[i] : Math.Clamp(_parts[i].LowerBound(pivot[0]), _low[i], _high[i]);
            before += _ranks[i];
        }

        if (before > index)
        {
            _ranks.CopyTo(_high, 0);
            return _low.Sum();
        }

        _ranks.CopyTo(_low, 0);
        if (before == index)
        {
            return index;
        }

        _low[widest]++;
        return before + 1;
    }

    private int[] Remember(int index, int[] positions)
    {
        _next = (_next + 1) % Remembered;
        positions.CopyTo(_remembered[_next].Positions, 0);
        _remembered[_next].Index = index;
        return _remembered[_next].Positions;
    }

    private void CheckRange(int start, long end)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(start, end);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(end, Count);
    }
}
