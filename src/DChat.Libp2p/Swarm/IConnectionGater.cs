using DChat.Libp2p.Addresses;
using DChat.Libp2p.Identity;

namespace DChat.Libp2p.Swarm;

/// <summary>
/// Says no to connections, at the three points where that is cheap. Called on the path of every connection, from
/// several threads: answer from memory, at once. Everything is allowed unless overridden.
/// </summary>
public interface IConnectionGater
{
    /// <summary>Before an address is dialed.</summary>
    /// <param name="peer">Whom the dialer expects; null when the address names nobody.</param>
    /// <param name="address">The address, without <c>/p2p</c>.</param>
    bool AllowDial(PeerId? peer, Multiaddr address) => true;

    /// <summary>When a connection has been accepted, before a byte is read.</summary>
    /// <param name="remoteAddress">Where it comes from.</param>
    bool AllowInbound(Multiaddr remoteAddress) => true;

    /// <summary>When the peer has proven who it is, before any stream is opened.</summary>
    /// <param name="peer">The authenticated peer.</param>
    /// <param name="direction">Who dialed.</param>
    /// <param name="remoteAddress">The peer's end.</param>
    bool AllowConnection(PeerId peer, Direction direction, Multiaddr remoteAddress) => true;
}
