namespace DChat.Core.Reconciliation;

/// <summary>A node with the numbers of items, in the items' order.</summary>
internal sealed class SetLeaf : SetNode
{
    private uint[] _numbers;

    public SetLeaf(int generation)
        : this(generation, [])
    {
    }

    private SetLeaf(int generation, ReadOnlySpan<uint> numbers)
        : base(generation)
    {
        _numbers = numbers.ToArray();
        Length = numbers.Length;
    }

    /// <summary>The numbers, in order.</summary>
    public ReadOnlySpan<uint> Numbers => _numbers.AsSpan(0, Length);

    /// <inheritdoc/>
    public override int Count => Length;

    /// <inheritdoc/>
    public override uint First => _numbers[0];

    /// <summary>The index of the first item that is not before a bound.</summary>
    public int LowerBound(ISetItems items, SetItem bound)
    {
        var (low, high) = (0, Length);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (items.ItemOf(_numbers[middle]) < bound)
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
    public override IdSum Sum(ISetItems items) => Sum(items, 0, Length);

    /// <summary>The sum of the ids of a range.</summary>
    public IdSum Sum(ISetItems items, int start, int end)
    {
        IdSum sum = default;
        foreach (var number in _numbers.AsSpan(start, end - start))
        {
            sum += IdSum.Of(items.ItemOf(number).Id);
        }

        return sum;
    }

    public void Insert(int at, uint number)
    {
        if (Length == _numbers.Length)
        {
            _numbers = Grown(_numbers);
        }

        _numbers.AsSpan(at, Length - at).CopyTo(_numbers.AsSpan(at + 1));
        _numbers[at] = number;
        Length++;
    }

    public void RemoveAt(int at)
    {
        _numbers.AsSpan(at + 1, Length - at - 1).CopyTo(_numbers.AsSpan(at));
        Length--;
    }

    /// <inheritdoc/>
    public override SetNode Copy(int generation) => new SetLeaf(generation, Numbers);

    /// <inheritdoc/>
    public override SetNode Split(int at, int generation)
    {
        var right = new SetLeaf(generation, Numbers[at..]);
        _numbers = Numbers[..at].ToArray();
        Length = at;
        return right;
    }

    /// <inheritdoc/>
    public override void Join(SetNode right)
    {
        _numbers = [.. Numbers, .. ((SetLeaf)right).Numbers];
        Length = _numbers.Length;
    }
}
