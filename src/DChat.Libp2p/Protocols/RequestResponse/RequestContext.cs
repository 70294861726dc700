using DChat.Libp2p.Addresses;
using DChat.Libp2p.Identity;

namespace DChat.Libp2p.Protocols.RequestResponse;

/// <summary>Where a request comes from.</summary>
/// <param name="Peer">Who asks, as proven in the handshake.</param>
/// <param name="Address">Where its connection comes from.</param>
public sealed record RequestContext(PeerId Peer, Multiaddr Address);
