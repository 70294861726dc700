using DChat.Libp2p.Addresses;

namespace DChat.Libp2p.Peers;

/// <summary>
/// Where this host can be reached, and what it tells peers about that. A peer is told only addresses that mean this host
/// to it: loopback addresses within this machine, private ones there and in private networks. Thread-safe.
/// </summary>
public interface IAddressManager
{
    /// <summary>Where the host listens; an unspecified address stands for those of all interfaces of its family.</summary>
    IReadOnlyList<Multiaddr> Listening { get; }

    /// <summary>What is announced whatever is known: configured, or added by <see cref="Announce"/>.</summary>
    IReadOnlyList<Multiaddr> Announced { get; }

    /// <summary>Public addresses where peers in enough networks say that they reach this host; the most often seen first.</summary>
    IReadOnlyList<Multiaddr> Observed { get; }

    /// <summary>Public addresses that peers saw this host come from, with the ports it listens on: worth trying, and told to nobody.</summary>
    IReadOnlyList<Multiaddr> Candidates { get; }

    /// <summary>Addresses that were tried from outside, see <see cref="Confirm"/>.</summary>
    IReadOnlyList<Multiaddr> Confirmed { get; }

    /// <summary>What a peer is told, at most <see cref="AddressManager.MaxTold"/>.</summary>
    /// <param name="peer">The class that the peer is in; see <see cref="AddressClasses.OfTeller"/>.</param>
    IReadOnlyList<Multiaddr> ToldTo(AddressClass peer);

    /// <summary>Tells an address to everybody from now on, such as one through a relay.</summary>
    void Announce(Multiaddr address);

    /// <summary>Takes back what <see cref="Announce"/> said.</summary>
    /// <returns>Whether it was announced that way.</returns>
    bool Withdraw(Multiaddr address);

    /// <summary>Somebody reached this host at the address from outside.</summary>
    /// <param name="address">The address.</param>
    /// <param name="lifetime">How long that counts, above zero.</param>
    void Confirm(Multiaddr address, TimeSpan lifetime);

    /// <summary>
    /// Others tried the address from outside and did not reach this host: it is neither confirmed nor observed any longer, and nobody is
    /// told of it meanwhile, unless it is <see cref="Announced"/>, or confirmed later.
    /// </summary>
    /// <param name="address">The address.</param>
    /// <param name="lifetime">How long that counts, above zero.</param>
    void Refute(Multiaddr address, TimeSpan lifetime);
}
