namespace DChat.Core.Reconciliation;

/// <summary>
/// The items of a set in order, to be read through snapshots: a B+ tree of item numbers, in which each branch has the running counts
/// and sums of ids, so that the fingerprint of any range costs O(log n). Adding and removing cost O(log n) as well, and adding at the
/// end next to nothing. One writer; readers have snapshots. It holds about eight bytes an item; the items are elsewhere.
/// </summary>
/// <param name="items">Where the items are.</param>
public sealed class SetIndex(ISetItems items)
{
    private readonly ISetItems _items = items ?? throw new ArgumentNullException(nameof(items));
    private SetNode _root = new SetLeaf(0);
    private int _generation;

    /// <summary>How many items it has.</summary>
    public int Count { get; private set; }

    /// <summary>An index over items that are there already.</summary>
    /// <param name="items">Where the items are, under the numbers from 0.</param>
    /// <param name="count">How many there are; none twice.</param>
    /// <exception cref="ArgumentException">An item is there twice, or has the timestamp of infinity.</exception>
    public static SetIndex Build(ISetItems items, int count)
    {
        ArgumentNullException.ThrowIfNull(items);
        var (keys, numbers) = (new SetItem[count], new uint[count]);
        var isSorted = true;
        for (var i = 0; i < count; i++)
        {
            (keys[i], numbers[i]) = (items.ItemOf((uint)i), (uint)i);
            isSorted &= i == 0 || keys[i - 1] < keys[i];
        }

        if (!isSorted)
        {
            Array.Sort(keys, numbers);
        }

        var index = new SetIndex(items);
        foreach (var number in numbers)
        {
            if (!index.Add(number))
            {
                throw new ArgumentException($"The item {items.ItemOf(number)} is there twice.", nameof(items));
            }
        }

        return index;
    }

    /// <summary>Adds an item by its number; false when the set has it already.</summary>
    /// <exception cref="ArgumentException">Its timestamp is that of infinity.</exception>
    public bool Add(uint number)
    {
        var item = _items.ItemOf(number);
        if (item.Timestamp == ulong.MaxValue)
        {
            throw new ArgumentException("An item needs a timestamp that is not infinity.", nameof(number));
        }

        _root = Own(_root);
        if (!TryAdd(_root, item, number, IdSum.Of(item.Id), isLast: true, out var right))
        {
            return false;
        }

        if (right is not null)
        {
            var root = new SetBranch(_generation);
            root.Append(_root, _items);
            root.Append(right, _items);
            _root = root;
        }

        Count++;
        return true;
    }

    /// <summary>Removes an item; false when the set does not have it.</summary>
    public bool Remove(SetItem item)
    {
        _root = Own(_root);
        if (!TryRemove(_root, item, IdSum.Of(item.Id)))
        {
            return false;
        }

        Count--;
        while (_root is SetBranch { Length: <= 1 } branch)
        {
            _root = branch.Length == 1 ? branch.Children[0].Node : new SetLeaf(_generation);
        }

        return true;
    }

    /// <summary>The set as it is now, for any thread. Takes constant time; later changes copy what they touch once.</summary>
    public SetSnapshot Snapshot()
    {
        _generation++;
        return new SetSnapshot(_root, _items, Count);
    }

    private SetNode Own(SetNode node) => node.Generation == _generation ? node : node.Copy(_generation);

    /// <summary>Adds below a node that is this generation's own; what no longer fits is split off to its right.</summary>
    private bool TryAdd(SetNode node, SetItem item, uint number, IdSum id, bool isLast, out SetNode? right)
    {
        right = null;
        if (node is SetLeaf leaf)
        {
            return TryAdd(leaf, item, number, isLast, out right);
        }

        var branch = (SetBranch)node;
        var at = branch.IndexOf(_items, item);
        var child = branch.Own(at);
        if (!TryAdd(child, item, number, id, isLast && at == branch.Length - 1, out var split))
        {
            return false;
        }

        branch.Added(at, id);
        if (split is null)
        {
            return true;
        }

        if (branch.Length == SetNode.MaxLength)
        {
            // What comes in order leaves full nodes behind it.
            var middle = isLast && at == branch.Length - 1 ? branch.Length - 1 : branch.Length / 2;
            right = branch.Split(middle, _generation);
            if (at >= middle)
            {
                ((SetBranch)right).Insert(at - middle, split, _items);
                return true;
            }
        }

        branch.Insert(at, split, _items);
        return true;
    }

    private bool TryAdd(SetLeaf leaf, SetItem item, uint number, bool isLast, out SetNode? right)
    {
        right = null;
        var at = leaf.LowerBound(_items, item);
        if (at < leaf.Length && _items.ItemOf(leaf.Numbers[at]) == item)
        {
            return false;
        }

        if (leaf.Length == SetNode.MaxLength)
        {
            var middle = isLast && at == leaf.Length ? leaf.Length : leaf.Length / 2;
            right = leaf.Split(middle, _generation);
            if (at >= middle)
            {
                ((SetLeaf)right).Insert(at - middle, number);
                return true;
            }
        }

        leaf.Insert(at, number);
        return true;
    }

    private bool TryRemove(SetNode node, SetItem item, IdSum id)
    {
        if (node is SetLeaf leaf)
        {
            var index = leaf.LowerBound(_items, item);
            if (index == leaf.Length || _items.ItemOf(leaf.Numbers[index]) != item)
            {
                return false;
            }

            leaf.RemoveAt(index);
            return true;
        }

        var branch = (SetBranch)node;
        var at = branch.IndexOf(_items, item);
        if (!TryRemove(branch.Own(at), item, id))
        {
            return false;
        }

        branch.Removed(at, id);
        branch.Join(at);
        branch.Join(at - 1);
        return true;
    }
}
