using System.Net;
using System.Net.Sockets;

namespace DChat.Libp2p.Addresses;

/// <summary>
/// The networks that an address lies in. Limits count by networks and not by peers or addresses, because whoever has one
/// address of a network may have all of it.
/// </summary>
public static class AddressNetworks
{
    /// <summary>Prefix lengths for IPv4: an address, the smallest network that is routed on its own, and a block that one provider has.</summary>
    private static readonly int[] V4Lengths = [32, 24, 16];

    /// <summary>
    /// Prefix lengths for IPv6: a subnet, the two usual sizes of what a provider gives to one customer, and the block that a provider
    /// is given itself, which has 65,536 of them.
    /// </summary>
    private static readonly int[] V6Lengths = [64, 56, 48, 32];

    /// <summary>
    /// The networks of a peer's address, narrow to wide: /32, /24 and /16 of IPv4, /64, /56, /48 and /32 of IPv6. The widest is
    /// called a block. Empty for an address that does not begin with an IP address, and for one through a relay, which
    /// begins with the relay's.
    /// </summary>
    /// <param name="address">Where a connection comes from or goes to. IPv4 inside IPv6 (RFC 4291, 2.5.5.2) counts as IPv4.</param>
    public static IReadOnlyList<IPNetwork> Of(Multiaddr address)
    {
        ArgumentNullException.ThrowIfNull(address);
        return address.IsRelayed || IpOf(address) is not { } ip ? [] : [.. LengthsOf(ip).Select(l => Of(ip, l))];
    }

    /// <summary>Whether a network that <see cref="Of(Multiaddr)"/> gave is the narrowest: what one host has.</summary>
    internal static bool IsNarrowest(IPNetwork network) => network.PrefixLength == LengthsOf(network.BaseAddress)[0];

    /// <summary>Whether a network that <see cref="Of(Multiaddr)"/> gave is a site, the widest that is no block: a /24 of IPv4, a /48 of IPv6.</summary>
    internal static bool IsSite(IPNetwork network) => network.PrefixLength == LengthsOf(network.BaseAddress)[^2];

    /// <summary>Whether a network that <see cref="Of(Multiaddr)"/> gave is a block.</summary>
    internal static bool IsBlock(IPNetwork network) => network.PrefixLength == LengthsOf(network.BaseAddress)[^1];

    /// <summary>The site of an IP address.</summary>
    internal static IPNetwork SiteOf(IPAddress ip) => Of(ip, LengthsOf(ip)[^2]);

    /// <summary>The block of an IP address.</summary>
    internal static IPNetwork BlockOf(IPAddress ip) => Of(ip, LengthsOf(ip)[^1]);

    /// <summary>The IP address that an address begins with, that of the relay for one through a relay; null when there is none. IPv4 inside IPv6 counts as IPv4.</summary>
    internal static IPAddress? IpOf(Multiaddr address)
    {
        var host = address.Components[0];
        if (host.Protocol != MultiaddrProtocol.Ip4 && host.Protocol != MultiaddrProtocol.Ip6)
        {
            return null;
        }

        var ip = new IPAddress(host.Value.Span);
        return ip.IsIPv4MappedToIPv6 ? ip.MapToIPv4() : ip;
    }

    /// <summary>The narrowest of the networks; null when there is none.</summary>
    /// <param name="address">Where a connection comes from or goes to.</param>
    public static IPNetwork? NarrowestOf(Multiaddr address) => Of(address) is [var narrowest, ..] ? narrowest : null;

    /// <summary>The network of an address that is <paramref name="length"/> bits long.</summary>
    /// <param name="address">An IP address.</param>
    /// <param name="length">Bits: 0 to 32 for IPv4, 0 to 128 for IPv6.</param>
    /// <exception cref="ArgumentOutOfRangeException">The length is out of range.</exception>
    public static IPNetwork Of(IPAddress address, int length)
    {
        ArgumentNullException.ThrowIfNull(address);
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out var size);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, size * 8);
        for (var i = 0; i < size; i++)
        {
            bytes[i] &= (byte)(0xFF00 >> Math.Clamp(length - (8 * i), 0, 8));
        }

        return new IPNetwork(new IPAddress(bytes[..size]), length);
    }

    private static int[] LengthsOf(IPAddress ip) => ip.AddressFamily == AddressFamily.InterNetwork ? V4Lengths : V6Lengths;
}
