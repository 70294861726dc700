using DChat.Libp2p.Addresses;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Swarm;

namespace DChat.Gateway.Peers;

/// <summary>A peer and its connection, of several the oldest, as a report needs it.</summary>
/// <param name="Peer">The peer.</param>
/// <param name="Address">The other end.</param>
/// <param name="Direction">Who dialed.</param>
/// <param name="OpenedAt">When the connection was ready.</param>
/// <param name="Agent">What the peer calls itself; null before it said.</param>
/// <param name="RoundTrip">The round trip as last measured.</param>
internal sealed record ConnectedPeer(
    PeerId Peer, Multiaddr Address, Direction Direction, DateTimeOffset OpenedAt, string? Agent, Func<TimeSpan?> RoundTrip)
{
    /// <summary>Describes the oldest connection; null when there is none.</summary>
    public static ConnectedPeer? Of(IReadOnlyList<PeerConnection> connections, string? agent) =>
        connections.MinBy(connection => connection.OpenedAt) is { } oldest
            ? new(oldest.RemotePeer, oldest.RemoteAddress, oldest.Direction, oldest.OpenedAt, agent, () => oldest.RoundTripTime)
            : null;
}
