namespace DChat.Core.Reconciliation;

/// <summary>A <see cref="SetIndex"/> at one moment. Any thread may read it, for as long as it wants.</summary>
public sealed class SetSnapshot : ISortedSet
{
    // Below this, adding ids up costs less than two descents.
    private const int DirectLength = 32;

    private readonly SetNode _root;
    private readonly ISetItems _items;

    internal SetSnapshot(SetNode root, ISetItems items, int count) => (_root, _items, Count) = (root, items, count);

    /// <inheritdoc/>
    public int Count { get; }

    /// <inheritdoc/>
    public int LowerBound(SetItem bound)
    {
        var (node, start) = (_root, 0);
        while (node is SetBranch branch)
        {
            var child = branch.IndexOf(_items, bound);
            start += branch.StartOf(child);
            node = branch.Children[child].Node;
        }

        return start + ((SetLeaf)node).LowerBound(_items, bound);
    }

    /// <inheritdoc/>
    public void CopyTo(int start, Span<SetItem> items)
    {
        CheckRange(start, (long)start + items.Length);
        while (!items.IsEmpty)
        {
            var (leaf, at) = Find(start);
            var length = Math.Min(items.Length, leaf.Length - at);
            for (var i = 0; i < length; i++)
            {
                items[i] = _items.ItemOf(leaf.Numbers[at + i]);
            }

            items = items[length..];
            start += length;
        }
    }

    /// <inheritdoc/>
    public IdSum SumOf(int start, int until)
    {
        CheckRange(start, until);
        return until - start > DirectLength ? SumBefore(until) - SumBefore(start) : AddUp(start, until);
    }

    private IdSum AddUp(int start, int end)
    {
        IdSum sum = default;
        while (start < end)
        {
            var (leaf, at) = Find(start);
            var length = Math.Min(end - start, leaf.Length - at);
            sum += leaf.Sum(_items, at, at + length);
            start += length;
        }

        return sum;
    }

    private IdSum SumBefore(int index)
    {
        var (node, sum, through) = (_root, default(IdSum), default(IdSum));
        while (node is SetBranch branch)
        {
            var child = branch.IndexOf(index);
            index -= branch.StartOf(child);
            (sum, through) = (sum + branch.SumBefore(child), sum + branch.Children[child].Sum);
            node = branch.Children[child].Node;
        }

        // From whichever end of the leaf is nearer.
        var leaf = (SetLeaf)node;
        return index <= leaf.Length / 2 || node == _root
            ? sum + leaf.Sum(_items, 0, index)
            : through - leaf.Sum(_items, index, leaf.Length);
    }

    private (SetLeaf Leaf, int At) Find(int index)
    {
        var node = _root;
        while (node is SetBranch branch)
        {
            var child = branch.IndexOf(index);
            index -= branch.StartOf(child);
            node = branch.Children[child].Node;
        }

        return ((SetLeaf)node, index);
    }

    private void CheckRange(int start, long end)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(start, end);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(end, Count);
    }
}
