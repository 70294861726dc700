using DChat.Libp2p.Identity;
using DChat.Libp2p.Swarm;

namespace DChat.Libp2p.Streams;

/// <summary>Finds connections that go through no relay.</summary>
internal static class DirectConnections
{
    /// <summary>A direct connection to a peer on which streams can be opened; null when there is none.</summary>
    internal static PeerConnection? FindDirect(this ILibp2pHost host, PeerId peer) => host.ConnectionsTo(peer).FirstOrDefault(c => c.IsDirect);
}
