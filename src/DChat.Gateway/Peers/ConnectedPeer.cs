using DChat.Libp2p.Addresses;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Swarm;

namespace DChat.Gateway.Peers;

/// <summary>A connection with a peer, as a report needs it.</summary>
internal sealed record ConnectedPeer(PeerId Peer, Multiaddr Address, Direction Direction, DateTimeOffset OpenedAt, TimeSpan? RoundTrip)
{
    public static ConnectedPeer Of(PeerConnection connection) =>
        new(connection.RemotePeer, connection.RemoteAddress, connection.Direction, connection.OpenedAt, connection.RoundTripTime);
}
