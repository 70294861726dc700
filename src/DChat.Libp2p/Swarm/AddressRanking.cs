using System.Net;
using System.Net.Sockets;
using DChat.Libp2p.Addresses;

namespace DChat.Libp2p.Swarm;

/// <summary>The order in which addresses of a peer are tried: the nearest first.</summary>
public static class AddressRanking
{
    /// <summary>Drops duplicates and sorts: within this machine, private networks, public addresses, names. Stable within a group.</summary>
    public static IReadOnlyList<Multiaddr> Rank(IEnumerable<Multiaddr> addresses) =>
        [.. addresses.Select(a => a.WithoutPeer()).Distinct().OrderBy(Distance)];

    /// <summary>Whether anyone on the internet could reach the address, as far as it tells.</summary>
    public static bool IsPublic(Multiaddr address) => Distance(address) >= 2;

    private static int Distance(Multiaddr address)
    {
        var first = address.Components[0];
        if (first.Protocol == MultiaddrProtocol.Memory)
        {
            return 0;
        }

        if (first.Protocol != MultiaddrProtocol.Ip4 && first.Protocol != MultiaddrProtocol.Ip6)
        {
            return 3;
        }

        var ip = new IPAddress(first.Value.Span);
        return IPAddress.IsLoopback(ip) ? 0 : IsPrivate(ip) ? 1 : 2;
    }

    /// <summary>RFC 1918, RFC 3927, RFC 6598, RFC 4193 and RFC 4291 link-local, and the unspecified addresses.</summary>
    private static bool IsPrivate(IPAddress ip)
    {
        if (ip.AddressFamily == AddressFamily.InterNetworkV6)
        {
            return ip.IsIPv6LinkLocal || ip.IsIPv6UniqueLocal || ip.Equals(IPAddress.IPv6Any);
        }

        return ip.GetAddressBytes() switch
        {
            [0, ..] or [10, ..] or [192, 168, ..] or [169, 254, ..] => true,
            [172, var b, ..] => b is >= 16 and < 32,
            [100, var b, ..] => b is >= 64 and < 128,
            _ => false,
        };
    }
}
