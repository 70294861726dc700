using System.Net;
using DChat.Libp2p.Identity;

namespace DChat.Libp2p.Protocols.Gossip.Scoring;

/// <summary>
/// Peers that have gone and are remembered for what they did. When there are too many, of all or of one network, the least
/// harmful is forgotten, so that the worst cannot be washed away by many others.
/// </summary>
internal sealed class RetainedPeers(PeerScoreOptions options)
{
    private static readonly Comparer<ScoredPeer> LeastHarmfulFirst = Comparer<ScoredPeer>.Create((a, b) =>
        a.RetainedScore != b.RetainedScore ? b.RetainedScore.CompareTo(a.RetainedScore) : a.Number.CompareTo(b.Number));

    private readonly SortedSet<ScoredPeer> _all = new(LeastHarmfulFirst);
    private readonly Dictionary<IPNetwork, SortedSet<ScoredPeer>> _networks = [];

    internal int Count => _all.Count;

    /// <summary>Remembers a peer; the one forgotten for it, perhaps itself.</summary>
    internal ScoredPeer? Add(ScoredPeer peer)
    {
        _all.Add(peer);
        if (peer.Networks is [var network, ..])
        {
            if (!_networks.TryGetValue(network, out var neighbours))
            {
                _networks[network] = neighbours = new SortedSet<ScoredPeer>(LeastHarmfulFirst);
            }

            neighbours.Add(peer);
            if (neighbours.Count > options.MaxRetainedPerNetwork)
            {
                return Forget(neighbours.Min!);
            }
        }

        return _all.Count > options.MaxRetainedPeers ? Forget(_all.Min!) : null;
    }

    internal void Remove(ScoredPeer peer) => Forget(peer);

    /// <summary>Forgets those whose time is over; who they were.</summary>
    internal List<PeerId> Expire(TimeSpan now)
    {
        List<PeerId> expired = [];
        foreach (var peer in _all.Where(p => p.Expires <= now).ToArray())
        {
            Forget(peer);
            expired.Add(peer.Id);
        }

        return expired;
    }

    private ScoredPeer Forget(ScoredPeer peer)
    {
        _all.Remove(peer);
        if (peer.Networks is [var network, ..] && _networks.TryGetValue(network, out var neighbours))
        {
            neighbours.Remove(peer);
            if (neighbours.Count == 0)
            {
                _networks.Remove(network);
            }
        }

        return peer;
    }
}
