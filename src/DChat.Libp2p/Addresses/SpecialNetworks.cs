using System.Net;
using System.Net.Sockets;

namespace DChat.Libp2p.Addresses;

/// <summary>The special-purpose networks of IANA, and the IPv6 networks that carry IPv4 addresses.</summary>
internal static class SpecialNetworks
{
    /// <summary>https://www.iana.org/assignments/iana-ipv4-special-registry; the rest is public. A narrower network comes before a wider one.</summary>
    private static readonly (IPNetwork Network, AddressClass Class)[] V4 =
    [
        (IPNetwork.Parse("0.0.0.0/8"), AddressClass.Unusable),
        (IPNetwork.Parse("10.0.0.0/8"), AddressClass.Private),
        (IPNetwork.Parse("100.64.0.0/10"), AddressClass.Private),
        (IPNetwork.Parse("127.0.0.0/8"), AddressClass.Loopback),
        (IPNetwork.Parse("169.254.0.0/16"), AddressClass.Private),
        (IPNetwork.Parse("172.16.0.0/12"), AddressClass.Private),
        (IPNetwork.Parse("192.0.0.9/32"), AddressClass.Public),
        (IPNetwork.Parse("192.0.0.10/32"), AddressClass.Public),
        (IPNetwork.Parse("192.0.0.0/24"), AddressClass.Unusable),
        (IPNetwork.Parse("192.0.2.0/24"), AddressClass.Unusable),
        (IPNetwork.Parse("192.88.99.0/24"), AddressClass.Unusable),
        (IPNetwork.Parse("192.168.0.0/16"), AddressClass.Private),
        (IPNetwork.Parse("198.18.0.0/15"), AddressClass.Private),
        (IPNetwork.Parse("198.51.100.0/24"), AddressClass.Unusable),
        (IPNetwork.Parse("203.0.113.0/24"), AddressClass.Unusable),
        (IPNetwork.Parse("224.0.0.0/3"), AddressClass.Unusable),
    ];

    /// <summary>https://www.iana.org/assignments/iana-ipv6-special-registry; outside of it, 2000::/3 is public and the rest reserved.</summary>
    private static readonly (IPNetwork Network, AddressClass Class)[] V6 =
    [
        (IPNetwork.Parse("::1/128"), AddressClass.Loopback),
        (IPNetwork.Parse("64:ff9b:1::/48"), AddressClass.Private),
        (IPNetwork.Parse("2001:1::1/128"), AddressClass.Public),
        (IPNetwork.Parse("2001:1::2/128"), AddressClass.Public),
        (IPNetwork.Parse("2001:1::3/128"), AddressClass.Public),
        (IPNetwork.Parse("2001:2::/48"), AddressClass.Private),
        (IPNetwork.Parse("2001:3::/32"), AddressClass.Public),
        (IPNetwork.Parse("2001:4:112::/48"), AddressClass.Public),
        (IPNetwork.Parse("2001:20::/28"), AddressClass.Public),
        (IPNetwork.Parse("2001:30::/28"), AddressClass.Public),
        (IPNetwork.Parse("2001::/23"), AddressClass.Unusable),
        (IPNetwork.Parse("2001:db8::/32"), AddressClass.Unusable),
        (IPNetwork.Parse("3fff::/20"), AddressClass.Unusable),
        (IPNetwork.Parse("2000::/3"), AddressClass.Public),
        (IPNetwork.Parse("5f00::/16"), AddressClass.Private),
        (IPNetwork.Parse("fc00::/7"), AddressClass.Private),
        (IPNetwork.Parse("fe80::/10"), AddressClass.Private),
        (IPNetwork.Parse("fec0::/10"), AddressClass.Private),
    ];

    /// <summary>NAT64 (RFC 6052) and 6to4 (RFC 3056), with where the IPv4 address begins. Both may carry public addresses only.</summary>
    private static readonly (IPNetwork Network, int Offset)[] Carriers =
    [
        (IPNetwork.Parse("64:ff9b::/96"), 12),
        (IPNetwork.Parse("2002::/16"), 2),
    ];

    internal static AddressClass ClassOf(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
        {
            return ClassOf(address.MapToIPv4());
        }

        if (address.AddressFamily == AddressFamily.InterNetwork)
        {
            return Find(V4, address) ?? AddressClass.Public;
        }

        foreach (var (network, offset) in Carriers)
        {
            if (network.Contains(address))
            {
                var carried = new IPAddress(address.GetAddressBytes().AsSpan(offset, 4));
                return ClassOf(carried) == AddressClass.Public ? AddressClass.Public : AddressClass.Unusable;
            }
        }

        return Find(V6, address) ?? AddressClass.Unusable;
    }

    private static AddressClass? Find((IPNetwork Network, AddressClass Class)[] networks, IPAddress address)
    {
        foreach (var (network, found) in networks)
        {
            if (network.Contains(address))
            {
                return found;
            }
        }

        return null;
    }
}
