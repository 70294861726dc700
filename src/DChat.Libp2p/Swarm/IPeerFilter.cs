using DChat.Libp2p.Addresses;
using DChat.Libp2p.Identity;

namespace DChat.Libp2p.Swarm;

/// <summary>
/// Decides which peers learnt from others are worth keeping, and in which order addresses are tried. Called from
/// several threads. Everything is kept, in the order of <see cref="AddressRanking"/>, unless overridden.
/// </summary>
public interface IPeerFilter
{
    /// <summary>Before a peer that someone else told us about enters the peer store.</summary>
    bool AcceptCandidate(PeerId peer, IReadOnlyList<Multiaddr> addresses) => true;

    /// <summary>Before a dial: may drop and reorder.</summary>
    /// <param name="peer">Whom the dialer expects; null when the address names nobody.</param>
    /// <param name="ranked">The addresses that can be dialed, best first.</param>
    IReadOnlyList<Multiaddr> SelectAddresses(PeerId? peer, IReadOnlyList<Multiaddr> ranked) => ranked;
}
