using DChat.Libp2p.Identity;

namespace DChat.Libp2p.Protocols.CircuitRelay;

/// <summary>A reservation that a relay holds for a peer.</summary>
/// <param name="Peer">The peer.</param>
/// <param name="Expires">Until when, unless it is renewed.</param>
/// <param name="Circuits">Circuits open now that the peer is an end of.</param>
/// <param name="Bytes">Bytes that circuits to it have carried since it reserved, both directions together.</param>
public sealed record HeldReservation(PeerId Peer, DateTimeOffset Expires, int Circuits, long Bytes);
