using System.Net;
using DChat.Libp2p.Addresses;

namespace DChat.Libp2p.Protocols.Gossip.Routing;

/// <summary>
/// Whose share of the back-offs a peer takes: that of the widest network of its address that is no block. Peers that come through relays take
/// that of their relay's network, apart from those that are in it themselves. Peers without an IP address share one.
/// </summary>
internal readonly record struct BackoffShare(IPNetwork Network, bool IsRelayed)
{
    /// <summary>That of a peer at these addresses, by the first that has a network.</summary>
    internal static BackoffShare Of(IReadOnlyList<Multiaddr> addresses)
    {
        foreach (var address in addresses)
        {
            var isIp = Multiaddr.TryCreate([address.Components[0]], out var host);
            if (isIp && AddressNetworks.Of(host!).Where(n => !AddressNetworks.IsBlock(n)).ToArray() is [.., var widest])
            {
                return new BackoffShare(widest, address.IsRelayed);
            }
        }

        return default;
    }
}
