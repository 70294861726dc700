using DChat.Libp2p.Identity;

namespace DChat.Libp2p.Peers;

/// <summary>
/// Peers by tier, each a list from the least to the most recently touched. Whoever is too much for a tier falls into the
/// next one below that it belongs to, as its most recent; from the lowest it is gone. Not thread-safe.
/// </summary>
internal sealed class PeerTiers
{
    private readonly Dictionary<PeerId, Entry> _entries = [];
    private readonly LinkedList<Entry>[] _lists = [new(), new(), new(), new()];
    private readonly int[] _capacities = new int[4];

    internal PeerTiers(PeerStoreLimits limits, int maxConnected)
    {
        _capacities[(int)PeerTier.HeardOf] = limits.MaxHeardOf;
        _capacities[(int)PeerTier.Good] = limits.MaxGood;
        _capacities[(int)PeerTier.Connected] = maxConnected;
        _capacities[(int)PeerTier.Vouched] = limits.MaxVouched;
    }

    internal IEnumerable<Entry> All => _entries.Values;

    /// <summary>Those that are vouched for or good, the most recent of each tier first.</summary>
    internal IEnumerable<Entry> Worth =>
        _lists.Reverse().SelectMany(list => list.Reverse()).Where(e => e.IsVouched || e.IsGood);

    /// <summary>Entries looked at to make room.</summary>
    internal long Visited { get; private set; }

    internal Entry? Find(PeerId peer) => _entries.GetValueOrDefault(peer);

    /// <summary>Puts an entry, which may be new, where it belongs now, as the most recent there.</summary>
    internal void Touch(Entry entry)
    {
        _entries[entry.Info.Peer] = entry;
        entry.Node.List?.Remove(entry.Node);
        Place(entry, entry.Belongs(PeerTier.Vouched));
    }

    internal bool Remove(PeerId peer)
    {
        if (!_entries.Remove(peer, out var entry))
        {
            return false;
        }

        entry.Node.List?.Remove(entry.Node);
        return true;
    }

    private void Place(Entry entry, PeerTier tier)
    {
        while (true)
        {
            var list = _lists[(int)tier];
            entry.Tier = tier;
            list.AddLast(entry.Node);
            if (list.Count <= _capacities[(int)tier])
            {
                return;
            }

            Visited++;
            entry = list.First!.Value;
            list.RemoveFirst();
            entry.IsVouched &= tier != PeerTier.Vouched;
            entry.IsGood &= tier != PeerTier.Good;
            if (tier == PeerTier.HeardOf)
            {
                _entries.Remove(entry.Info.Peer);
                return;
            }

            tier = entry.Belongs(tier - 1);
        }
    }

    /// <summary>A peer, and what decides its tier.</summary>
    internal sealed class Entry
    {
        internal Entry(PeerInfo info)
        {
            Info = info;
            Node = new LinkedListNode<Entry>(this);
        }

        internal PeerInfo Info { get; set; }

        internal PeerTier Tier { get; set; }

        internal bool IsVouched { get; set; }

        internal bool IsGood { get; set; }

        internal int Connections { get; set; }

        internal DateTimeOffset ConnectedSince { get; set; }

        internal LinkedListNode<Entry> Node { get; }

        /// <summary>The highest tier that it belongs to, up to <paramref name="highest"/>.</summary>
        internal PeerTier Belongs(PeerTier highest) =>
            highest >= PeerTier.Vouched && IsVouched ? PeerTier.Vouched
            : highest >= PeerTier.Connected && Connections > 0 ? PeerTier.Connected
            : highest >= PeerTier.Good && IsGood ? PeerTier.Good
            : PeerTier.HeardOf;
    }
}
