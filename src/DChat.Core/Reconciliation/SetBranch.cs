namespace DChat.Core.Reconciliation;

/// <summary>A node with nodes below it, and for each what it and those before it hold together.</summary>
internal sealed class SetBranch : SetNode
{
    private Child[] _children;

    public SetBranch(int generation)
        : this(generation, [])
    {
    }

    private SetBranch(int generation, ReadOnlySpan<Child> children)
        : base(generation)
    {
        _children = children.ToArray();
        Length = children.Length;
    }

    /// <summary>The children, in order.</summary>
    public ReadOnlySpan<Child> Children => _children.AsSpan(0, Length);

    /// <inheritdoc/>
    public override int Count => _children[Length - 1].End;

    /// <inheritdoc/>
    public override uint First => _children[0].First;

    /// <summary>The child to look in for an item: the last that begins with it or before it, or the first of all.</summary>
    public int IndexOf(ISetItems items, SetItem item)
    {
        var (low, high) = (1, Length);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (items.ItemOf(_children[middle].First) <= item)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low - 1;
    }

    /// <summary>The child that has an index; the last one for the index after all.</summary>
    public int IndexOf(int index)
    {
        var (low, high) = (0, Length - 1);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (_children[middle].End <= index)
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

    /// <summary>How many items come before a child.</summary>
    public int StartOf(int child) => child == 0 ? 0 : _children[child - 1].End;

    /// <summary>What the ids before a child add up to.</summary>
    public IdSum SumBefore(int child) => child == 0 ? default : _children[child - 1].Sum;

    /// <inheritdoc/>
    public override IdSum Sum(ISetItems items) => _children[Length - 1].Sum;

    /// <summary>A child as its generation's own, to be changed.</summary>
    public SetNode Own(int child)
    {
        ref var node = ref _children[child].Node;
        return node = node.Generation == Generation ? node : node.Copy(Generation);
    }

    /// <summary>Says that a child has one item more.</summary>
    public void Added(int child, IdSum id)
    {
        _children[child].First = _children[child].Node.First;
        for (var i = child; i < Length; i++)
        {
            _children[i].End++;
            _children[i].Sum += id;
        }
    }

    /// <summary>Says that a child has one item less.</summary>
    public void Removed(int child, IdSum id)
    {
        for (var i = child; i < Length; i++)
        {
            _children[i].End--;
            _children[i].Sum -= id;
        }

        if (_children[child].Node.Length == 0)
        {
            _children.AsSpan(child + 1, Length - child - 1).CopyTo(_children.AsSpan(child));
            _children[--Length] = default;
        }
        else
        {
            _children[child].First = _children[child].Node.First;
        }
    }

    /// <summary>Adds what was split off a child, whose totals still count both, to its right.</summary>
    public void Insert(int child, SetNode right, ISetItems items)
    {
        if (Length == _children.Length)
        {
            _children = Grown(_children);
        }

        _children.AsSpan(child, Length - child).CopyTo(_children.AsSpan(child + 1));
        Length++;
        _children[child + 1].Node = right;
        _children[child + 1].First = right.First;
        ref var left = ref _children[child];
        left.End -= right.Count;
        left.Sum -= right.Sum(items);
    }

    /// <summary>Adds a child behind all others.</summary>
    public void Append(SetNode node, ISetItems items)
    {
        if (Length == _children.Length)
        {
            _children = Grown(_children);
        }

        _children[Length] = new Child { Node = node, First = node.First, End = StartOf(Length) + node.Count, Sum = SumBefore(Length) + node.Sum(items) };
        Length++;
    }

    /// <summary>Joins a child with the one to its right, if that makes sense.</summary>
    public void Join(int child)
    {
        if (child < 0 || child + 1 >= Length)
        {
            return;
        }

        var (left, right) = (_children[child].Node, _children[child + 1].Node);
        if (Math.Min(left.Length, right.Length) >= MinLength || left.Length + right.Length > MaxJoined)
        {
            return;
        }

        Own(child).Join(right);
        (_children[child].End, _children[child].Sum) = (_children[child + 1].End, _children[child + 1].Sum);
        _children.AsSpan(child + 2, Length - child - 2).CopyTo(_children.AsSpan(child + 1));
        _children[--Length] = default;
    }

    /// <inheritdoc/>
    public override SetNode Copy(int generation) => new SetBranch(generation, Children);

    /// <inheritdoc/>
    public override SetNode Split(int at, int generation)
    {
        var right = new SetBranch(generation, Children[at..]);
        foreach (ref var child in right._children.AsSpan())
        {
            child.End -= StartOf(at);
            child.Sum -= SumBefore(at);
        }

        _children = Children[..at].ToArray();
        Length = at;
        return right;
    }

    /// <inheritdoc/>
    public override void Join(SetNode right)
    {
        var (start, sum) = (StartOf(Length), SumBefore(Length));
        Child[] joined = [.. Children, .. ((SetBranch)right).Children];
        foreach (ref var child in joined.AsSpan(Length))
        {
            child.End += start;
            child.Sum += sum;
        }

        (_children, Length) = (joined, joined.Length);
    }

    /// <summary>A node below, with what it and those before it in the branch hold together.</summary>
    internal struct Child
    {
        public SetNode Node;

        /// <summary>The number of the node's first item.</summary>
        public uint First;

        /// <summary>How many items.</summary>
        public int End;

        /// <summary>What their ids add up to.</summary>
        public IdSum Sum;
    }
}
