using DChat.Libp2p.Addresses;

namespace DChat.Libp2p.Protocols.Kad;

/// <summary>Which addresses are told to whom, and believed of whom.</summary>
internal static class KadAddresses
{
    /// <summary>The most addresses told of a peer.</summary>
    internal const int MaxTold = 8;

    /// <summary>The addresses that mean the same host here as at the other end of a connection, or anyone could have this host dial its own network.</summary>
    /// <param name="addresses">Addresses to tell, or that were told.</param>
    /// <param name="remote">The other end.</param>
    internal static IEnumerable<Multiaddr> Between(IEnumerable<Multiaddr> addresses, Multiaddr remote)
    {
        var peer = AddressClasses.OfTeller(remote);
        return addresses.Where(a => AddressClasses.IsShared(peer, AddressClasses.Of(a)));
    }
}
