using System.Net;
using DChat.Libp2p.Addresses;

namespace DChat.Gateway.Admission;

/// <summary>The networks in which the refusal of a peer counts.</summary>
internal static class RefusalNetworks
{
    /// <summary>
    /// The address, or the smallest network of IPv6, of each connection of a peer. None for one through a relay, and for one from a
    /// network that is exempt, such as a proxy's: all who come through it would be refused.
    /// </summary>
    public static IReadOnlyList<IPNetwork> Of(IEnumerable<Multiaddr> addresses, IReadOnlyList<IPNetwork> exempt) =>
    [
        .. addresses.Select(AddressNetworks.NarrowestOf).OfType<IPNetwork>()
            .Where(network => !exempt.Any(e => e.Contains(network.BaseAddress)))
            .Distinct(),
    ];
}
