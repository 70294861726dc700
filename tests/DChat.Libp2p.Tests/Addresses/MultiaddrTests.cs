using System.Net;
using DChat.Libp2p.Addresses;
using DChat.Libp2p.Identity;

namespace DChat.Libp2p.Tests.Primitives;

public sealed class MultiaddrTests
{
    private const string Peer = "12D3KooWBtg3aaRMjxwedh83aGiUkwSxDwUZkzuJcfaqUmo7R3pq";

    [Theory]
    [InlineData("/ip6/::1/tcp/4001/ws", "2900000000000000000000000000000001060fa1dd03")]
    [InlineData("/dns/example.com/tcp/443/tls/ws", "350b6578616d706c652e636f6d0601bbc003dd03")]
    [InlineData("/ip4/127.0.0.1/tcp/4001", "047f000001060fa1")]
    [InlineData("/ip4/1.2.3.4/udp/4001/quic-v1/webtransport", "040102030491020fa1cd03d103")]
    [InlineData("/unix/tmp/a.sock", "90030b2f746d702f612e736f636b")]
    [InlineData("/memory/a1", "8906026131")]
    [InlineData("/ip4/10.0.0.0/ipcidr/8", "040a0000002b08")]
    [InlineData("/dns4/a/tcp/80/http/http-path/x", "360161060050e003e1030178")]
    public void Text_and_bytes_are_the_published_ones(string text, string hex)
    {
        var parsed = Multiaddr.Parse(text);
        Assert.Equal(hex, Convert.ToHexStringLower(parsed.Bytes.Span));
        Assert.True(Multiaddr.TryDecode(Convert.FromHexString(hex), out var decoded));
        Assert.Equal(text, decoded.ToString());
        Assert.Equal(parsed, decoded);
        Assert.Equal(parsed.GetHashCode(), decoded.GetHashCode());
    }

    [Fact]
    public void The_peer_is_the_last_component_in_either_text_form()
    {
        var id = PeerId.Parse(Peer);
        var plain = Multiaddr.Parse("/ip4/127.0.0.1/tcp/4001");

        Assert.Null(plain.Peer);
        Assert.Equal(id, Multiaddr.Parse($"{plain}/p2p/{Peer}").Peer);
        Assert.Equal(id, Multiaddr.Parse($"{plain}/p2p/{id.ToCid()}").Peer);
        Assert.Equal($"{plain}/p2p/{Peer}", plain.WithPeer(id).WithPeer(id).ToString());
        Assert.Equal(plain, plain.WithPeer(id).WithoutPeer());
    }

    [Fact]
    public void A_relayed_address_names_the_peer_behind_the_relay()
    {
        var target = PeerId.FromPublicKey(PrivateKey.FromSeed(new byte[32]).PublicKey);
        var address = Multiaddr.Parse($"/ip4/1.2.3.4/tcp/4001/p2p/{Peer}/p2p-circuit/p2p/{target}");

        Assert.True(address.IsRelayed);
        Assert.Equal(target, address.Peer);
    }

    [Theory]
    [InlineData("")]
    [InlineData("/")]
    [InlineData("ip4/1.2.3.4")]
    [InlineData("/ip4")]
    [InlineData("/ip4/1")]
    [InlineData("/ip4/1.2.3")]
    [InlineData("/ip4/256.0.0.1")]
    [InlineData("/ip4/::1")]
    [InlineData("/ip6/1.2.3.4")]
    [InlineData("/ip6/fe80::1%lo")]
    [InlineData("/ip4/1.2.3.4/tcp/65536")]
    [InlineData("/ip4/1.2.3.4/tcp/-1")]
    [InlineData("/ip4/1.2.3.4/tcp/ 1")]
    [InlineData("/nonsense/1")]
    [InlineData("/p2p/nonsense")]
    [InlineData("/dns/")]
    public void Text_that_is_no_address_is_refused(string text) => Assert.False(Multiaddr.TryParse(text, out _));

    [Theory]
    [InlineData("")]
    [InlineData("047f0000")]
    [InlineData("047f000001ff")]
    [InlineData("fe7f01")]
    [InlineData("3500")]
    [InlineData("3502612f")]
    [InlineData("3501ff")]
    [InlineData("3503610062")]
    [InlineData("a5030100")]
    [InlineData("35ffffffffffffffff7f61")]
    [InlineData("9003042f2f2f2f")]
    [InlineData("9003032f612f")]
    public void Bytes_that_are_no_address_or_of_an_unknown_protocol_are_refused(string hex) =>
        Assert.False(Multiaddr.TryDecode(Convert.FromHexString(hex), out _));

    [Fact]
    public void Length_and_component_count_are_limited()
    {
        // One byte of code, two of length, then the name.
        var name = new string('a', Multiaddr.MaxLength - 3);
        Assert.True(Multiaddr.TryParse("/dns/" + name, out var longest));
        Assert.Equal(Multiaddr.MaxLength, longest.Bytes.Length);
        Assert.False(Multiaddr.TryParse($"/dns/{name}a", out _));

        var most = string.Concat(Enumerable.Repeat("/ws", Multiaddr.MaxComponents));
        Assert.True(Multiaddr.TryParse(most, out var full));
        Assert.False(Multiaddr.TryParse(most + "/ws", out _));
        Assert.False(Multiaddr.TryDecode([.. full.Bytes.Span, 0xdd, 0x03], out _));
    }

    [Fact]
    public void An_end_point_becomes_an_address_and_mapped_ipv4_is_shown_as_ipv4()
    {
        Assert.Equal("/ip6/::1/tcp/4001", Multiaddr.FromTcp(new IPEndPoint(IPAddress.IPv6Loopback, 4001)).ToString());
        Assert.Equal("/ip4/127.0.0.1/tcp/65535", Multiaddr.FromTcp(new IPEndPoint(IPAddress.Loopback.MapToIPv6(), 65535)).ToString());
    }
}
