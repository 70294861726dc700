using System.Net;
using DChat.Libp2p.Addresses;
using DChat.Libp2p.Swarm;

namespace DChat.Libp2p.Tests.Addresses;

public sealed class AddressClassTests
{
    /// <summary>The first and the last address of each block in the special-purpose registries of IANA, and their neighbours outside.</summary>
    [Theory]
    [InlineData("0.0.0.0", "0.255.255.255", AddressClass.Unusable)]
    [InlineData("1.0.0.0", "9.255.255.255", AddressClass.Public)]
    [InlineData("10.0.0.0", "10.255.255.255", AddressClass.Private)]
    [InlineData("11.0.0.0", "100.63.255.255", AddressClass.Public)]
    [InlineData("100.64.0.0", "100.127.255.255", AddressClass.Private)]
    [InlineData("100.128.0.0", "126.255.255.255", AddressClass.Public)]
    [InlineData("127.0.0.0", "127.255.255.255", AddressClass.Loopback)]
    [InlineData("128.0.0.0", "169.253.255.255", AddressClass.Public)]
    [InlineData("169.254.0.0", "169.254.255.255", AddressClass.Private)]
    [InlineData("172.15.255.255", "172.32.0.0", AddressClass.Public)]
    [InlineData("172.16.0.0", "172.31.255.255", AddressClass.Private)]
    [InlineData("192.0.0.0", "192.0.0.255", AddressClass.Unusable)]
    [InlineData("192.0.0.9", "192.0.0.10", AddressClass.Public)]
    [InlineData("192.0.1.0", "192.0.3.0", AddressClass.Public)]
    [InlineData("192.0.2.0", "192.0.2.255", AddressClass.Unusable)]
    [InlineData("192.31.196.0", "192.31.196.255", AddressClass.Public)]
    [InlineData("192.52.193.0", "192.52.193.255", AddressClass.Public)]
    [InlineData("192.88.99.0", "192.88.99.255", AddressClass.Unusable)]
    [InlineData("192.167.255.255", "192.169.0.0", AddressClass.Public)]
    [InlineData("192.168.0.0", "192.168.255.255", AddressClass.Private)]
    [InlineData("192.175.48.0", "192.175.48.255", AddressClass.Public)]
    [InlineData("198.17.255.255", "198.20.0.0", AddressClass.Public)]
    [InlineData("198.18.0.0", "198.19.255.255", AddressClass.Private)]
    [InlineData("198.51.100.0", "198.51.100.255", AddressClass.Unusable)]
    [InlineData("203.0.113.0", "203.0.113.255", AddressClass.Unusable)]
    [InlineData("203.0.114.0", "223.255.255.255", AddressClass.Public)]
    [InlineData("224.0.0.0", "239.255.255.255", AddressClass.Unusable)]
    [InlineData("240.0.0.0", "255.255.255.255", AddressClass.Unusable)]
    [InlineData("::", "::2", AddressClass.Unusable)]
    [InlineData("::1", "::1", AddressClass.Loopback)]
    [InlineData("::7f00:1", "::ffff", AddressClass.Unusable)]
    [InlineData("::ffff:127.0.0.1", "::ffff:127.255.255.255", AddressClass.Loopback)]
    [InlineData("::ffff:10.0.0.1", "::ffff:192.168.0.1", AddressClass.Private)]
    [InlineData("::ffff:8.8.8.8", "::ffff:1.1.1.1", AddressClass.Public)]
    [InlineData("64:ff9b::8.8.8.8", "64:ff9b::1.1.1.1", AddressClass.Public)]
    [InlineData("64:ff9b::127.0.0.1", "64:ff9b::10.0.0.1", AddressClass.Unusable)]
    [InlineData("64:ff9b:1::", "64:ff9b:1:ffff:ffff:ffff:ffff:ffff", AddressClass.Private)]
    [InlineData("64:ff9b:2::", "100::ffff:ffff:ffff:ffff", AddressClass.Unusable)]
    [InlineData("100:0:0:1::", "1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", AddressClass.Unusable)]
    [InlineData("2001::", "2001:1::", AddressClass.Unusable)]
    [InlineData("2001:1::1", "2001:1::3", AddressClass.Public)]
    [InlineData("2001:2::", "2001:2:0:ffff:ffff:ffff:ffff:ffff", AddressClass.Private)]
    [InlineData("2001:3::", "2001:3:ffff:ffff:ffff:ffff:ffff:ffff", AddressClass.Public)]
    [InlineData("2001:4:112::", "2001:4:112:ffff:ffff:ffff:ffff:ffff", AddressClass.Public)]
    [InlineData("2001:10::", "2001:1f:ffff:ffff:ffff:ffff:ffff:ffff", AddressClass.Unusable)]
    [InlineData("2001:20::", "2001:3f:ffff:ffff:ffff:ffff:ffff:ffff", AddressClass.Public)]
    [InlineData("2001:40::", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff", AddressClass.Unusable)]
    [InlineData("2001:200::", "2001:db7:ffff:ffff:ffff:ffff:ffff:ffff", AddressClass.Public)]
    [InlineData("2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", AddressClass.Unusable)]
    [InlineData("2002:808:808::", "2002:101:101:ffff:ffff:ffff:ffff:ffff", AddressClass.Public)]
    [InlineData("2002:7f00:1::", "2002:c0a8:101::1", AddressClass.Unusable)]
    [InlineData("2003::", "3ffe:ffff:ffff:ffff:ffff:ffff:ffff:ffff", AddressClass.Public)]
    [InlineData("3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff", AddressClass.Unusable)]
    [InlineData("4000::", "5eff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", AddressClass.Unusable)]
    [InlineData("5f00::", "5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff", AddressClass.Private)]
    [InlineData("fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", AddressClass.Private)]
    [InlineData("fe80::", "feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", AddressClass.Private)]
    [InlineData("ff00::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", AddressClass.Unusable)]
    public void A_block_of_the_registries_has_its_class_from_the_first_address_to_the_last(string first, string last, AddressClass expected) =>
        Assert.Equal((expected, expected), (AddressClasses.Of(IPAddress.Parse(first)), AddressClasses.Of(IPAddress.Parse(last))));

    [Theory]
    [InlineData("/memory/a", AddressClass.Loopback)]
    [InlineData("/unix/a/b", AddressClass.Loopback)]
    [InlineData("/ip4/127.0.0.1/tcp/1", AddressClass.Loopback)]
    [InlineData("/ip6zone/eth0/ip6/fe80::1/tcp/1", AddressClass.Private)]
    [InlineData("/ip4/10.0.0.1/tcp/1/p2p/12D3KooWBtg3aaRMjxwedh83aGiUkwSxDwUZkzuJcfaqUmo7R3pq/p2p-circuit", AddressClass.Private)]
    [InlineData("/p2p/12D3KooWBtg3aaRMjxwedh83aGiUkwSxDwUZkzuJcfaqUmo7R3pq/p2p-circuit", AddressClass.Unresolved)]
    [InlineData("/dns/example.com/tcp/1", AddressClass.Unresolved)]
    [InlineData("/dns4/4.example/tcp/1", AddressClass.Unresolved)]
    [InlineData("/dnsaddr/example.com", AddressClass.Unresolved)]
    [InlineData("/dns/localhost/tcp/1", AddressClass.Loopback)]
    [InlineData("/dns/A.LocalHost./tcp/1", AddressClass.Loopback)]
    [InlineData("/dns/notlocalhost/tcp/1", AddressClass.Unresolved)]
    [InlineData("/dns4/printer.local/tcp/1", AddressClass.Private)]
    [InlineData("/dns4/127.0.0.1/tcp/1", AddressClass.Loopback)]
    [InlineData("/dns4/0x7f.1/tcp/1", AddressClass.Loopback)]
    [InlineData("/dns4/0X7F000001/tcp/1", AddressClass.Loopback)]
    [InlineData("/dns4/2130706433/tcp/1", AddressClass.Loopback)]
    [InlineData("/dns4/017700000001/tcp/1", AddressClass.Loopback)]
    [InlineData("/dns4/127.1/tcp/1", AddressClass.Loopback)]
    [InlineData("/dns4/0300.0250.1/tcp/1", AddressClass.Private)]
    [InlineData("/dns4/192.168.257/tcp/1", AddressClass.Private)]
    [InlineData("/dns4/8.8.8.8./tcp/1", AddressClass.Public)]
    [InlineData("/dns4/256.1/tcp/1", AddressClass.Unusable)]
    [InlineData("/dns4/4294967296/tcp/1", AddressClass.Unusable)]
    [InlineData("/dns4/1.2.3.4.5/tcp/1", AddressClass.Unusable)]
    [InlineData("/dns4/a.089/tcp/1", AddressClass.Unusable)]
    [InlineData("/dns6/::1/tcp/1", AddressClass.Loopback)]
    [InlineData("/tcp/1", AddressClass.Unusable)]
    public void An_address_is_of_the_class_of_its_host_in_whatever_form(string address, AddressClass expected) =>
        Assert.Equal(expected, AddressClasses.Of(Multiaddr.Parse(address)));

    [Theory]
    [InlineData("/ip4/127.0.0.1/tcp/1", "Loopback Private Public Unresolved")]
    [InlineData("/memory/x", "Loopback Private Public Unresolved")]
    [InlineData("/ip4/10.0.0.1/tcp/1", "Private Public Unresolved")]
    [InlineData("/ip4/8.8.8.8/tcp/1", "Public Unresolved")]
    [InlineData("/ip4/127.0.0.1/tcp/1/p2p/12D3KooWBtg3aaRMjxwedh83aGiUkwSxDwUZkzuJcfaqUmo7R3pq/p2p-circuit", "Public Unresolved")]
    [InlineData("/ip4/224.0.0.1/tcp/1", "Public Unresolved")]
    public void A_peer_shares_only_addresses_that_mean_the_same_host_to_both(string remote, string shared)
    {
        var peer = AddressClasses.OfTeller(Multiaddr.Parse(remote));
        Assert.Equal(shared, string.Join(' ', Enum.GetValues<AddressClass>().Where(c => AddressClasses.IsShared(peer, c))));
    }

    [Fact]
    public void Many_addresses_of_one_class_leave_room_for_those_of_another()
    {
        var near = Enumerable.Range(1, 31).Select(i => Multiaddr.Parse($"/ip4/127.0.0.1/tcp/{i}"));
        var real = Multiaddr.Parse("/ip4/8.8.8.8/tcp/4001");
        var shared = AddressRanking.Share(AddressRanking.Rank([real, .. near]), 25);

        Assert.Equal(25, shared.Count);
        Assert.Equal([.. near.Take(24), real], shared);
    }
}
