using DChat.Libp2p.Addresses;

namespace DChat.Libp2p.Protocols.CircuitRelay;

/// <summary>A place that a relay keeps for a peer to be reached through it.</summary>
/// <param name="Expires">Until when.</param>
/// <param name="Addresses">The relay's addresses, ending in its <c>/p2p</c>.</param>
/// <param name="Voucher">The signed proof; empty when there is none.</param>
internal sealed record CircuitReservation(DateTimeOffset Expires, IReadOnlyList<Multiaddr> Addresses, ReadOnlyMemory<byte> Voucher);
