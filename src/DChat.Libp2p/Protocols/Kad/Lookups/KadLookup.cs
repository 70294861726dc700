using DChat.Libp2p.Identity;
using DChat.Libp2p.Protocols.Kad.Routing;

namespace DChat.Libp2p.Protocols.Kad.Lookups;

/// <summary>
/// An iterative search for the peers closest to a place (kad-dht/README.md, "Peer routing"), along disjoint paths
/// (S/Kademlia, 4.4): each begins with its part of the first peers, knows only what peers that it asked itself have told, and
/// asks nobody that another asks. It ends when on every path the k closest have answered. So a peer that names nothing but its
/// accomplices leads its own path astray and no other; and no path fills more than its share of the result.
/// </summary>
/// <remarks>Without input, output and clock of its own; not thread-safe.</remarks>
internal sealed class KadLookup
{
    /// <summary>Peers asked in all, in multiples of k: an end for a search that is led on and on.</summary>
    internal const int MaxAsked = 16;

    /// <summary>Times that a peer is asked, when it did not answer and another address of it was told since.</summary>
    internal const int MaxTries = 3;

    private readonly KadId _target;
    private readonly KadId _self;
    private readonly int _width;
    private readonly int _perPath;
    private readonly LookupPath[] _paths;
    private readonly Dictionary<PeerId, LookupNode> _nodes = [];
    private int _asked;

    /// <summary>A search that has asked nobody yet.</summary>
    /// <param name="target">What is looked for.</param>
    /// <param name="self">The peer that looks, which is never asked.</param>
    /// <param name="seeds">Whom each path begins with.</param>
    /// <param name="width">k: peers wanted.</param>
    /// <param name="concurrency">α: peers asked at once, by all paths together.</param>
    internal KadLookup(KadId target, KadId self, IEnumerable<IReadOnlyList<PeerId>> seeds, int width, int concurrency)
    {
        (_target, _self, _width) = (target, self, width);
        _paths = [.. seeds.Select(Begin).Where(p => !p.IsEmpty)];
        _perPath = Math.Max(1, concurrency / Math.Max(1, _paths.Length));
    }

    /// <summary>Whether every path has come to its end.</summary>
    internal bool IsDone => Array.TrueForAll(_paths, p => p.IsDone) || (_asked >= MaxAsked * _width && _paths.Sum(p => p.Running) == 0);

    /// <summary>Peers asked so far.</summary>
    internal int Asked => _asked;

    /// <summary>
    /// The closest that have answered, the closest first, at most k: of each path its share, of what is left the closest.
    /// Where nobody lies all paths end at the same peers, and these are the k closest.
    /// </summary>
    internal IReadOnlyList<PeerId> Closest
    {
        get
        {
            var share = _paths.Length == 0 ? 0 : _width / _paths.Length;
            var shares = _paths.SelectMany(p => p.Answered.Take(share)).Distinct().ToList();
            var rest = _paths.SelectMany(p => p.Answered).Distinct().Except(shares).Order(Distance).Take(_width - shares.Count);
            return [.. shares.Concat(rest).Order(Distance).Select(n => n.Peer)];
        }
    }

    private Comparer<LookupNode> Distance => Comparer<LookupNode>.Create((a, b) => _target.CompareDistance(a.Id, b.Id));

    /// <summary>Whom to ask now. Each must be followed by <see cref="Answered"/> or <see cref="Failed"/>.</summary>
    internal IReadOnlyList<PeerId> Next()
    {
        var next = new List<PeerId>();
        foreach (var path in _paths)
        {
            while (path.Running < _perPath && _asked < MaxAsked * _width && path.Next() is { } node)
            {
                (node.State, node.Owner) = (LookupState.Asked, path);
                node.Tries++;
                path.Running++;
                _asked++;
                next.Add(node.Peer);
            }
        }

        return next;
    }

    /// <summary>A peer has answered, and told of others.</summary>
    /// <param name="peer">The peer.</param>
    /// <param name="closer">Whom it told of; the first k count.</param>
    internal void Answered(PeerId peer, IEnumerable<PeerId> closer)
    {
        var path = Settle(peer, LookupState.Answered);
        foreach (var told in closer.Take(_width))
        {
            Hear(path, told);
        }
    }

    /// <summary>A peer has not answered.</summary>
    internal void Failed(PeerId peer) => Settle(peer, LookupState.Failed);

    /// <summary>
    /// Another address of a peer was told: if it failed, it is asked again, by any path that heard of it. Else whoever is the
    /// first to tell a wrong address takes the peer away from all.
    /// </summary>
    internal void Retry(PeerId peer)
    {
        if (_nodes.TryGetValue(peer, out var node) && node.State == LookupState.Failed && node.Tries < MaxTries)
        {
            node.State = LookupState.Heard;
        }
    }

    private LookupPath Begin(IReadOnlyList<PeerId> seeds)
    {
        var path = new LookupPath(_target, _width);
        foreach (var seed in seeds)
        {
            Hear(path, seed);
        }

        return path;
    }

    private LookupPath Settle(PeerId peer, LookupState state)
    {
        var node = _nodes[peer];
        node.State = state;
        node.Owner!.Running--;
        return node.Owner;
    }

    private void Hear(LookupPath path, PeerId peer)
    {
        if (!_nodes.TryGetValue(peer, out var node))
        {
            var id = KadId.Of(peer);
            if (id == _self)
            {
                return;
            }

            _nodes[peer] = node = new LookupNode(peer, id);
        }

        path.Hear(node);
    }
}
