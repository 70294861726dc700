using System.Net;
using DChat.Libp2p.Addresses;

namespace DChat.Libp2p.Tests.Addresses;

public sealed class AddressNetworksTests
{
    [Theory]
    [InlineData("/ip4/192.0.2.77/tcp/4001", "192.0.2.77/32 192.0.2.0/24 192.0.0.0/16")]
    [InlineData("/ip6/2001:db8:1:2345:6:7:8:9/tcp/4001", "2001:db8:1:2345::/64 2001:db8:1:2300::/56 2001:db8:1::/48 2001:db8::/32")]
    [InlineData("/ip6/::ffff:192.0.2.77/tcp/4001/ws", "192.0.2.77/32 192.0.2.0/24 192.0.0.0/16")]
    [InlineData("/dns4/example.com/tcp/4001", "")]
    [InlineData("/memory/7", "")]
    [InlineData("/ip4/192.0.2.77/tcp/4001/p2p/12D3KooWBtg3aaRMjxwedh83aGiUkwSxDwUZkzuJcfaqUmo7R3pq/p2p-circuit", "")]
    public void An_address_lies_in_networks_from_narrow_to_wide(string address, string networks) =>
        Assert.Equal(networks, string.Join(' ', AddressNetworks.Of(Multiaddr.Parse(address))));

    [Theory]
    [InlineData("255.255.255.255", 0, "0.0.0.0/0")]
    [InlineData("255.255.255.255", 13, "255.248.0.0/13")]
    [InlineData("255.255.255.255", 32, "255.255.255.255/32")]
    [InlineData("::1", 0, "::/0")]
    [InlineData("::1", 128, "::1/128")]
    public void A_network_has_only_the_bits_of_its_prefix(string address, int length, string network) =>
        Assert.Equal(network, AddressNetworks.Of(IPAddress.Parse(address), length).ToString());

    [Fact]
    public void Addresses_of_one_network_have_equal_networks() =>
        Assert.Equal(AddressNetworks.Of(IPAddress.Parse("10.1.2.3"), 24), AddressNetworks.Of(IPAddress.Parse("10.1.2.200"), 24));

    [Theory]
    [InlineData("192.0.2.77", "192.0.2.77/32 192.0.2.0/24 192.0.0.0/16")]
    [InlineData("2001:db8:1:2::7", "2001:db8:1:2::/64 2001:db8:1::/48 2001:db8::/32")]
    public void The_narrowest_the_site_and_the_block_are_those_of_the_address_family(string ip, string networks)
    {
        var all = AddressNetworks.Of(Multiaddr.Parse($"/{(ip.Contains(':', StringComparison.Ordinal) ? "ip6" : "ip4")}/{ip}/tcp/1"));
        Func<IPNetwork, bool>[] kinds = [AddressNetworks.IsNarrowest, AddressNetworks.IsSite, AddressNetworks.IsBlock];
        Assert.Equal(networks, string.Join(' ', kinds.Select(kind => all.Single(kind))));
        Assert.Equal(networks.Split(' ')[1..], new[] { AddressNetworks.SiteOf(IPAddress.Parse(ip)), AddressNetworks.BlockOf(IPAddress.Parse(ip)) }.Select(n => n.ToString()));
    }

    [Theory]
    [InlineData("127.0.0.1", -1)]
    [InlineData("127.0.0.1", 33)]
    [InlineData("::1", 129)]
    public void A_length_out_of_range_is_refused(string address, int length) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => AddressNetworks.Of(IPAddress.Parse(address), length));
}
