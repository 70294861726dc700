using DChat.Libp2p.Addresses;
using DChat.Libp2p.Identity;

namespace DChat.Libp2p.Protocols.Kad;

/// <summary>A peer that was found, and where. Addresses are hearsay until a connection has proven the peer.</summary>
/// <param name="Peer">The peer.</param>
/// <param name="Addresses">Where it may be dialed, without <c>/p2p</c>; may be empty for a peer that is connected.</param>
public sealed record KademliaPeer(PeerId Peer, IReadOnlyList<Multiaddr> Addresses);
