using DChat.Libp2p.Addresses;
using DChat.Libp2p.Identity;

namespace DChat.Libp2p.Protocols.Kad.Wire;

/// <summary>A peer as a message tells about it: <c>{1 id, 2 addrs*, 3 connection}</c>. The third is not used.</summary>
/// <param name="Id">The peer.</param>
/// <param name="Addresses">Where it may be dialed, without <c>/p2p</c>.</param>
internal sealed record KadPeer(PeerId Id, IReadOnlyList<Multiaddr> Addresses);
