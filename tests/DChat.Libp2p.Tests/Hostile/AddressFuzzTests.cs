using System.Buffers;
using System.Text;
using DChat.Libp2p.Addresses;
using DChat.Libp2p.Identity;

namespace DChat.Libp2p.Tests.Hostile;

/// <summary>Decoders of numbers, hashes, addresses and names of peers; see <see cref="Fuzzer"/>.</summary>
public sealed class AddressFuzzTests
{
    private static readonly string[] Texts =
    [
        "/ip4/127.0.0.1/tcp/4001/p2p/12D3KooWBtg3aaRMjxwedh83aGiUkwSxDwUZkzuJcfaqUmo7R3pq", "/ip6/fe80::1/udp/1/quic-v1",
        "/dns4/example.com/tcp/443/wss", "/dns/a.b/tcp/1/tls/ws", "/ip6zone/eth0/ip6/fe80::1/tcp/1", "/dnsaddr/a.b/p2p-circuit",
    ];

    [Fact]
    public void Uvarints() => Fuzzer.Run([[0x01], [0xac, 0x02], [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]], input =>
    {
        var status = DChat.Libp2p.Multiformats.Uvarint.TryRead(input.Span, out var value, out var consumed);
        if (status == OperationStatus.Done)
        {
            Assert.Equal(consumed, DChat.Libp2p.Multiformats.Uvarint.Length(value));
        }

        // In pieces it says the same.
        Assert.Equal(status, DChat.Libp2p.Multiformats.Uvarint.TryRead(Sequences.Split(input, input.Length / 2), out var again, out _));
        Assert.Equal(value, again);
    });

    [Fact]
    public void Multihashes() => Fuzzer.Run([DChat.Libp2p.Multiformats.Multihash.Sha256("a"u8), [0x00, 0x03, 1, 2, 3]], input =>
    {
        if (DChat.Libp2p.Multiformats.Multihash.TryDecode(input.Span, out var code, out var digest))
        {
            Assert.True(DChat.Libp2p.Multiformats.Multihash.Encode(code, digest).AsSpan().SequenceEqual(input.Span));
        }
    });

    [Fact]
    public void Multiaddresses() => Fuzzer.Run([.. Texts.Append("/unix/a/b").Select(text => Multiaddr.Parse(text).Bytes.ToArray())], input =>
    {
        if (Multiaddr.TryDecode(input.Span, out var address))
        {
            Assert.True(address.Bytes.Span.SequenceEqual(input.Span));

            // What can be read can be written and parsed again, though in text a path swallows what follows it.
            Assert.True(Multiaddr.TryParse(address.ToString(), out var again), address.ToString());
            Assert.True(address.Equals(again) || address.Components.SkipLast(1).Any(c => c.Protocol.Name == "unix"), address.ToString());
        }
    });

    [Fact]
    public void Address_texts() => Fuzzer.Run([.. Texts.Append("/unix/a/b").Select(Encoding.Latin1.GetBytes)], input =>
    {
        if (Multiaddr.TryParse(Encoding.Latin1.GetString(input.Span), out var address))
        {
            Assert.Equal(address, Multiaddr.Parse(address.ToString()));
        }
    });

    [Fact]
    public void Networks_of_addresses() => Fuzzer.Run([.. Texts.Select(text => Multiaddr.Parse(text).Bytes.ToArray())], input =>
    {
        if (Multiaddr.TryDecode(input.Span, out var address))
        {
            _ = AddressNetworks.Of(address);
        }
    });

    [Fact]
    public void Peer_ids() => Fuzzer.Run([PeerId.Parse("12D3KooWBtg3aaRMjxwedh83aGiUkwSxDwUZkzuJcfaqUmo7R3pq").Bytes.ToArray()], input =>
    {
        if (PeerId.TryFromBytes(input.Span, out var peer))
        {
            Assert.Equal(peer, PeerId.Parse(peer.ToString()));
        }
    });

    [Fact]
    public void Peer_id_texts() => Fuzzer.Run(
        ["12D3KooWBtg3aaRMjxwedh83aGiUkwSxDwUZkzuJcfaqUmo7R3pq"u8.ToArray(), "bafzaajaiaejcahwr5d5ofrfbis4l5d6uwr57hu5tjodrypfm6yaq6dsc2r2pzyt6"u8.ToArray()],
        input =>
        {
            if (PeerId.TryParse(Encoding.Latin1.GetString(input.Span), out var peer))
            {
                Assert.Equal(peer, PeerId.Parse(peer.ToString()));
            }
        });
}
