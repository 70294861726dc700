using DChat.Libp2p.Addresses;
using DChat.Libp2p.Protocols.Kad;

namespace DChat.Libp2p.Tests.Protocols.Kad;

public sealed class PeerNetworksTests
{
    [Theory]
    [InlineData("/ip4/203.0.114.7/tcp/1", "203.0.114.0/24", "203.0.0.0/16")]
    [InlineData("/ip6/2a00:1450:1:2::3/tcp/1", "2a00:1450:1::/48", "2a00:1450::/32")]
    [InlineData("/dns4/example.com/tcp/1", "unknown")]
    [InlineData("/ip4/127.0.0.1/tcp/1")]
    [InlineData("/ip4/10.1.2.3/tcp/1")]
    [InlineData("/memory/a")]
    [InlineData("/ip4/203.0.114.7/tcp/1/p2p/12D3KooWBtg3aaRMjxwedh83aGiUkwSxDwUZkzuJcfaqUmo7R3pq/p2p-circuit", "203.0.114.0/24", "203.0.0.0/16")]
    public void A_public_address_has_a_network_and_a_block(string address, params string[] groups) =>
        Assert.Equal(groups, new PeerNetworks(new KademliaDiversity()).GroupsOf([Multiaddr.Parse(address)]).Select(g => g.Name));

    [Theory]
    [InlineData("/ip4/203.0.114.7/tcp/1", "203.0.114.0/24")]
    [InlineData("/ip4/127.0.0.1/tcp/1", "127.0.0.0/24")]
    [InlineData("/dns4/example.com/tcp/1", "unknown")]
    [InlineData("/memory/a", null)]
    public void What_comes_from_an_address_counts_to_its_network(string address, string? share) =>
        Assert.Equal(share, new PeerNetworks(new KademliaDiversity()).ShareOf(Multiaddr.Parse(address)));

    [Fact]
    public void The_application_may_know_better_who_owns_an_address()
    {
        var networks = new PeerNetworks(new KademliaDiversity { GroupOf = a => a.Components[0].Text == "evil" ? "AS666" : null, MaxPerGroupInTable = 7 });
        var group = Assert.Single(networks.GroupsOf([Multiaddr.Parse("/memory/evil"), Multiaddr.Parse("/memory/good")]));
        Assert.Equal(("AS666", 4, 7), (group.Name, group.MaxInBucket, group.MaxInTable));
        Assert.Equal("AS666", networks.ShareOf(Multiaddr.Parse("/memory/evil")));
    }
}
