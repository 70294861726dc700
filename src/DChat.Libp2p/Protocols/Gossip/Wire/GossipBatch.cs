namespace DChat.Libp2p.Protocols.Gossip.Wire;

/// <summary>What one RPC to a peer will say.</summary>
internal sealed class GossipBatch
{
    internal List<(string Topic, bool IsSubscribed)> Subscriptions { get; } = [];

    internal List<(string Topic, MeshChange Change)> MeshChanges { get; } = [];

    internal List<GossipIds> Gossip { get; } = [];

    internal List<GossipPacket> Packets { get; } = [];

    internal bool IsEmpty => Subscriptions.Count + MeshChanges.Count + Gossip.Count + Packets.Count == 0;

    internal void Clear()
    {
        Subscriptions.Clear();
        MeshChanges.Clear();
        Gossip.Clear();
        Packets.Clear();
    }
}
