using DChat.Libp2p.Addresses;

namespace DChat.Libp2p.Swarm;

/// <summary>Where one dial tries to reach a peer.</summary>
/// <param name="Tellers">The addresses, without the peer, and from which class each was told.</param>
/// <param name="Named">Those of them that are tried even if they failed a short while ago.</param>
/// <param name="Vouched">Those of them that the application vouches for: they wait less long after a failure.</param>
internal sealed record DialAddresses(IReadOnlyDictionary<Multiaddr, AddressClass> Tellers, IReadOnlySet<Multiaddr> Named, IReadOnlySet<Multiaddr> Vouched);
