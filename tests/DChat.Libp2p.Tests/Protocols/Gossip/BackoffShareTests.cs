using System.Net;
using DChat.Libp2p.Addresses;
using DChat.Libp2p.Protocols.Gossip.Routing;

namespace DChat.Libp2p.Tests.Protocols.Gossip;

public sealed class BackoffShareTests
{
    private const string Relay = "p2p/12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp/p2p-circuit";

    [Theory]
    [InlineData("/ip4/198.51.100.7/tcp/1", "198.51.100.0/24", false)]
    [InlineData("/ip6/2001:db8:1:2:3::4/tcp/1", "2001:db8:1::/48", false)]
    [InlineData("/ip4/198.51.100.7/tcp/1/" + Relay, "198.51.100.0/24", true)]
    [InlineData("/ip6/2001:db8:1:2:3::4/tcp/1/" + Relay, "2001:db8:1::/48", true)]
    public void A_peer_takes_the_share_of_the_network_it_or_its_relay_is_in(string address, string network, bool isRelayed) =>
        Assert.Equal(new BackoffShare(IPNetwork.Parse(network), isRelayed), BackoffShare.Of([Multiaddr.Parse("/memory/here"), Multiaddr.Parse(address)]));

    [Fact]
    public void Peers_without_an_ip_address_share_one() => Assert.Equal(default, BackoffShare.Of([Multiaddr.Parse("/memory/here")]));
}
