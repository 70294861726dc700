using System.Net;
using DChat.Libp2p.Addresses;
using DChat.Libp2p.Swarm;

namespace DChat.Libp2p.Protocols.Kad;

/// <summary>
/// Which addresses are told to whom, and believed of whom: one on the internet hears of public addresses and tells of them,
/// one in a private network of private ones too, and only one on this machine of those within it. Else anyone could have this
/// host dial its own network.
/// </summary>
internal static class KadAddresses
{
    /// <summary>The most addresses told of a peer.</summary>
    internal const int MaxTold = 8;

    /// <summary>The addresses that may be told to, or believed of, one who is connected from <paramref name="remote"/>.</summary>
    internal static IEnumerable<Multiaddr> Between(IEnumerable<Multiaddr> addresses, Multiaddr remote)
    {
        var distance = Distance(remote);
        return addresses.Where(a => Distance(a) >= distance);
    }

    private static int Distance(Multiaddr address)
    {
        if (AddressRanking.IsPublic(address))
        {
            return 2;
        }

        var host = address.Components[0];
        return host.Protocol == MultiaddrProtocol.Memory || IPAddress.IsLoopback(new IPAddress(host.Value.Span)) ? 0 : 1;
    }
}
