using System.Net;
using System.Net.Sockets;
using DChat.Libp2p.Addresses;

namespace DChat.Libp2p.Swarm;

/// <summary>
/// One limit for each width of network that <see cref="AddressNetworks"/> gives. Addresses that lie in no network, such as those
/// through a relay, are not counted.
/// </summary>
public sealed class NetworkLimits
{
    private const int DefaultPerIp = 64;

    internal NetworkLimits() => SetPerIp(DefaultPerIp);

    /// <summary>For one IPv4 address. At least 1.</summary>
    public int Ip4Slash32 { get; set; }

    /// <summary>For an IPv4 /24. At least 1.</summary>
    public int Ip4Slash24 { get; set; }

    /// <summary>For an IPv4 /16, a block. At least 1.</summary>
    public int Ip4Slash16 { get; set; }

    /// <summary>For an IPv6 /64. At least 1.</summary>
    public int Ip6Slash64 { get; set; }

    /// <summary>For an IPv6 /56. At least 1.</summary>
    public int Ip6Slash56 { get; set; }

    /// <summary>For an IPv6 /48. At least 1.</summary>
    public int Ip6Slash48 { get; set; }

    /// <summary>For an IPv6 /32, a block. At least 1.</summary>
    public int Ip6Slash32 { get; set; }

    /// <summary>
    /// Sets every width by the narrowest: that much for an IPv4 address and a /64, twice as much for a /56, four times for a /24 and a
    /// /48, eight times for a block, which is an IPv4 /16 or an IPv6 /32.
    /// </summary>
    /// <param name="limit">For one IPv4 address or IPv6 /64. At least 1.</param>
    public void SetPerIp(int limit)
    {
        Ip4Slash32 = Ip6Slash64 = limit;
        Ip6Slash56 = (int)Math.Min(2L * limit, int.MaxValue);
        Ip4Slash24 = Ip6Slash48 = (int)Math.Min(4L * limit, int.MaxValue);
        Ip4Slash16 = Ip6Slash32 = (int)Math.Min(8L * limit, int.MaxValue);
    }

    internal int Of(IPNetwork network) => (network.BaseAddress.AddressFamily, network.PrefixLength) switch
    {
        (AddressFamily.InterNetwork, 32) => Ip4Slash32,
        (AddressFamily.InterNetwork, 24) => Ip4Slash24,
        (AddressFamily.InterNetwork, _) => Ip4Slash16,
        (_, 64) => Ip6Slash64,
        (_, 56) => Ip6Slash56,
        (_, 48) => Ip6Slash48,
        _ => Ip6Slash32,
    };

    internal IEnumerable<(string Name, int Value, int Least)> Ranges(string name) =>
    [
        ($"{name}.{nameof(Ip4Slash32)}", Ip4Slash32, 1),
        ($"{name}.{nameof(Ip4Slash24)}", Ip4Slash24, 1),
        ($"{name}.{nameof(Ip4Slash16)}", Ip4Slash16, 1),
        ($"{name}.{nameof(Ip6Slash64)}", Ip6Slash64, 1),
        ($"{name}.{nameof(Ip6Slash56)}", Ip6Slash56, 1),
        ($"{name}.{nameof(Ip6Slash48)}", Ip6Slash48, 1),
        ($"{name}.{nameof(Ip6Slash32)}", Ip6Slash32, 1),
    ];
}
