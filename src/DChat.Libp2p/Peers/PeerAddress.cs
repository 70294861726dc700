using DChat.Libp2p.Addresses;

namespace DChat.Libp2p.Peers;

/// <summary>An address of a peer, and why it is believed.</summary>
/// <param name="Address">Without <c>/p2p</c>.</param>
/// <param name="Source">The most trusted that said so.</param>
/// <param name="Teller">The class that it was said from: a name that resolves to an address the teller does not share is not dialed.</param>
/// <param name="ExpiresAt">When it is forgotten, unless the peer is connected; never when null.</param>
public sealed record PeerAddress(Multiaddr Address, AddressSource Source, AddressClass Teller, DateTimeOffset? ExpiresAt);
