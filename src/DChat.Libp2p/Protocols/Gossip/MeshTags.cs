using DChat.Libp2p.Identity;
using DChat.Libp2p.Swarm;

namespace DChat.Libp2p.Protocols.Gossip;

/// <summary>Tells the connection manager who is in a mesh, so that others are closed before them.</summary>
internal sealed class MeshTags(IConnectionManager connections) : IGossipObserver
{
    /// <summary>The tag of peers that are in the mesh of a topic, of however many.</summary>
    internal const string Tag = "gossipsub-mesh";

    /// <summary>What the tag adds: more than a place in a routing table, less than what an application asks for by name.</summary>
    internal const int Value = 20;

    /// <summary>In how many meshes a peer is.</summary>
    private readonly Dictionary<PeerId, int> _meshes = [];

    public void Observe(in GossipEvent happened)
    {
        switch (happened.Kind)
        {
            case GossipEventKind.Grafted:
                var count = _meshes[happened.Peer] = _meshes.GetValueOrDefault(happened.Peer) + 1;
                if (count == 1)
                {
                    connections.SetTag(happened.Peer, Tag, Value);
                }

                break;
            case GossipEventKind.Pruned when _meshes.TryGetValue(happened.Peer, out var left):
                _meshes[happened.Peer] = left - 1;
                if (left == 1)
                {
                    _meshes.Remove(happened.Peer);
                    connections.RemoveTag(happened.Peer, Tag);
                }

                break;
        }
    }
}
