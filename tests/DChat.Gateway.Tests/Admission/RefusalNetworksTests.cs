using System.Net;
using DChat.Gateway.Admission;
using DChat.Libp2p.Addresses;

namespace DChat.Gateway.Tests.Admission;

public sealed class RefusalNetworksTests
{
    [Theory]
    [InlineData("/ip4/203.0.113.7/tcp/1", "203.0.113.7/32")]
    [InlineData("/ip6/2001:db8:1:2:3::4/tcp/1", "2001:db8:1:2::/64")]
    [InlineData("/ip4/203.0.113.7/tcp/1/ws", "203.0.113.7/32")]
    [InlineData("/ip4/10.1.2.3/tcp/1", null)]
    [InlineData("/ip4/203.0.113.7/tcp/1/p2p/12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp/p2p-circuit", null)]
    [InlineData("/memory/here", null)]
    public void A_refusal_counts_in_the_smallest_network_of_a_connection_that_is_not_exempt(string address, string? network) =>
        Assert.Equal(
            network is null ? [] : [IPNetwork.Parse(network)],
            RefusalNetworks.Of([Multiaddr.Parse(address), Multiaddr.Parse(address)], [IPNetwork.Parse("10.0.0.0/8")]));
}
