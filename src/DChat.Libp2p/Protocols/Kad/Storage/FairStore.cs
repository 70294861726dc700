namespace DChat.Libp2p.Protocols.Kad.Storage;

/// <summary>
/// What strangers have left, bounded in number and bytes. When it is full, the share that has the most gives up its oldest
/// item for a newcomer that has less; a share that is itself the largest is refused. So a flood pushes out only itself.
/// Not thread-safe.
/// </summary>
internal sealed class FairStore<TKey, TItem>(int maxItems, long maxBytes, IEqualityComparer<TKey>? comparer = null)
    where TKey : notnull
{
    private readonly Dictionary<TKey, Node> _nodes = new(comparer);
    private readonly Dictionary<string, Share> _shares = new(StringComparer.Ordinal);

    internal int Count => _nodes.Count;

    internal long Bytes { get; private set; }

    internal IEnumerable<KeyValuePair<TKey, TItem>> Items => _nodes.Select(n => KeyValuePair.Create(n.Key, n.Value.Item));

    /// <summary>Called for every item that goes, for whatever reason.</summary>
    internal Action<TKey, TItem>? Removed { get; set; }

    internal bool TryGet(TKey key, out TItem item)
    {
        var found = _nodes.TryGetValue(key, out var node);
        item = found ? node!.Item : default!;
        return found;
    }

    /// <summary>Changes an item that keeps its size and whom it counts to.</summary>
    internal void Update(TKey key, TItem item)
    {
        var node = _nodes[key];
        node.Item = item;
        node.Share.Nodes.Remove(node.Place);
        node.Share.Nodes.AddLast(node.Place);
    }

    /// <summary>Puts an item in place of the one that the key had; false when there is no room for the share's sake.</summary>
    /// <param name="key">The key.</param>
    /// <param name="item">The item.</param>
    /// <param name="bytes">What it takes.</param>
    /// <param name="share">Whom it counts to.</param>
    internal bool TryPut(TKey key, TItem item, int bytes, string share)
    {
        var old = _nodes.GetValueOrDefault(key);
        var (count, size) = (_nodes.Count + 1 - (old is null ? 0 : 1), Bytes + bytes - (old?.Bytes ?? 0));
        if (bytes > maxBytes)
        {
            return false;
        }

        while (count > maxItems || size > maxBytes)
        {
            if (Largest(old, bytes, share) is not { } victim)
            {
                return false;
            }

            count--;
            size -= victim.Bytes;
            Remove(victim.Key);
        }

        Remove(key);
        if (!_shares.TryGetValue(share, out var owner))
        {
            _shares[share] = owner = new Share(share);
        }

        var node = new Node(key, item, bytes, owner);
        _nodes[key] = node;
        owner.Add(node);
        Bytes += bytes;
        return true;
    }

    internal bool Remove(TKey key)
    {
        if (!_nodes.Remove(key, out var node))
        {
            return false;
        }

        Bytes -= node.Bytes;
        if (node.Share.Drop(node))
        {
            _shares.Remove(node.Share.Name);
        }

        Removed?.Invoke(key, node.Item);
        return true;
    }

    /// <summary>The oldest item of the share that has the most, if it would still have no less than the newcomer's after it has gone.</summary>
    private Node? Largest(Node? except, int bytes, string share)
    {
        var own = _shares.GetValueOrDefault(share);
        var isFullOfBytes = Bytes + bytes > maxBytes;
        var largest = isFullOfBytes ? _shares.Values.MaxBy(s => s.Bytes) : _shares.Values.MaxBy(s => s.Nodes.Count);
        if (largest is null || largest == own)
        {
            return null;
        }

        var victim = largest.Nodes.FirstOrDefault(n => n != except);
        var isFair = isFullOfBytes ? largest.Bytes >= (own?.Bytes ?? 0) + bytes : largest.Nodes.Count > (own?.Nodes.Count ?? 0) + 1;
        return isFair ? victim : null;
    }

    private sealed class Node(TKey key, TItem item, int bytes, Share share)
    {
        internal TKey Key => key;

        internal TItem Item { get; set; } = item;

        internal int Bytes => bytes;

        internal Share Share => share;

        internal LinkedListNode<Node> Place { get; set; } = null!;
    }

    private sealed class Share(string name)
    {
        internal string Name => name;

        /// <summary>The oldest first.</summary>
        internal LinkedList<Node> Nodes { get; } = new();

        internal long Bytes { get; private set; }

        internal void Add(Node node)
        {
            node.Place = Nodes.AddLast(node);
            Bytes += node.Bytes;
        }

        /// <summary>Whether nothing is left of the share.</summary>
        internal bool Drop(Node node)
        {
            Nodes.Remove(node.Place);
            Bytes -= node.Bytes;
            return Nodes.Count == 0;
        }
    }
}
