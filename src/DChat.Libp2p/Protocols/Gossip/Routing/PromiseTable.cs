using DChat.Libp2p.Identity;

namespace DChat.Libp2p.Protocols.Gossip.Routing;

/// <summary>
/// Messages that peers told about and were asked for, one of each request (gossipsub-v1.1.md, "P7"): whoever tells about
/// messages must send them.
/// </summary>
internal sealed class PromiseTable
{
    private readonly Dictionary<GossipMessageId, Dictionary<PeerId, TimeSpan>> _promises = [];

    internal int Count => _promises.Count;

    internal void Add(GossipMessageId id, PeerId peer, TimeSpan deadline)
    {
        if (!_promises.TryGetValue(id, out var peers))
        {
            _promises[id] = peers = [];
        }

        peers.TryAdd(peer, deadline);
    }

    /// <summary>The message came, whoever sent it.</summary>
    internal void Keep(GossipMessageId id) => _promises.Remove(id);

    /// <summary>Asks for nothing any more.</summary>
    internal void Clear() => _promises.Clear();

    internal void RemovePeer(PeerId peer)
    {
        foreach (var (id, peers) in _promises)
        {
            if (peers.Remove(peer) && peers.Count == 0)
            {
                _promises.Remove(id);
            }
        }
    }

    /// <summary>Removes the promises not kept in time; who made each.</summary>
    internal List<PeerId> TakeBroken(TimeSpan now)
    {
        List<PeerId> broken = [];
        foreach (var (id, peers) in _promises)
        {
            foreach (var (peer, deadline) in peers)
            {
                if (deadline <= now)
                {
                    peers.Remove(peer);
                    broken.Add(peer);
                }
            }

            if (peers.Count == 0)
            {
                _promises.Remove(id);
            }
        }

        return broken;
    }
}
