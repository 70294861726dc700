using System.Net;

namespace DChat.Libp2p.Transports.Proxies;

/// <summary>
/// Which proxies stand before a listener, and how they tell whom they speak for. The address they tell is the connection's
/// remote address: limits, gater and identify see no other.
/// </summary>
public sealed class ProxyOptions
{
    /// <summary>
    /// The networks that the proxies are in; nobody else in them may reach the listener, or they could claim any address.
    /// Default: none, which means that nobody is believed.
    /// </summary>
    public IList<IPNetwork> TrustedNetworks { get; } = [];

    /// <summary>
    /// Whether the proxies begin each connection with a header of the PROXY protocol, version 1 or 2
    /// (https://www.haproxy.org/download/3.1/doc/proxy-protocol.txt). Then a connection from elsewhere is refused, and so is
    /// one of theirs without the header. Default no.
    /// </summary>
    public bool UseProxyProtocol { get; set; }

    /// <summary>Time a proxy has to say whom it speaks for. Default 5 s; above zero.</summary>
    public TimeSpan HeaderTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Connections of proxies, for each listener, that have not said so yet; when one more comes, the oldest is closed.
    /// Default 256, at least 1.
    /// </summary>
    public int MaxPending { get; set; } = 256;

    /// <summary>Whether an address is that of a proxy.</summary>
    internal bool Trusts(IPAddress? address)
    {
        if (address is null)
        {
            return false;
        }

        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return TrustedNetworks.Any(n => n.Contains(plain));
    }

    /// <summary>The names of options out of range, with the range; empty when all is well.</summary>
    internal IEnumerable<string> Validate()
    {
        if (HeaderTimeout <= TimeSpan.Zero)
        {
            yield return $"{nameof(HeaderTimeout)} must be above zero.";
        }

        if (MaxPending < 1)
        {
            yield return $"{nameof(MaxPending)} must be at least 1.";
        }

        if (UseProxyProtocol && TrustedNetworks.Count == 0)
        {
            yield return $"{nameof(TrustedNetworks)} must not be empty when {nameof(UseProxyProtocol)} is on.";
        }
    }
}
