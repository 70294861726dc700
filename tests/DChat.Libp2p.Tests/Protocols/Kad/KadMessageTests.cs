using System.Buffers;
using DChat.Libp2p.Addresses;
using DChat.Libp2p.Protocols.Kad.Wire;
using DChat.Libp2p.Tests.Host;
using DChat.Libp2p.Wire;

namespace DChat.Libp2p.Tests.Protocols.Kad;

public sealed class KadMessageTests
{
    // Messages that js-kad-dht keeps from go: packages/kad-dht/test/fixtures.
    private const string GoPut = "080012082f762f68656c6c6f1a350a082f762f68656c6c6f1205776f726c641a22122022b0a34f217fd364680657d82a17fb8468d28f16f60d77f7074a7e8a002c5a765000";
    private const string GoFind = "080412221220d18f46f364ebeeec500929c72a4898feb2747730b129d970de15cf80626ebcbc5000";
    private const string GoProvide =
        "080212221220d18f46f364ebeeec500929c72a4898feb2747730b129d970de15cf80626ebcbc"
        + "4a2e0a22122090c9620a79a8ba913d9f84394a32488494f98cf0ce4dddbb86cb44519970c4e01208047f00000106e4bb5000";

    [Fact]
    public void A_record_of_go_is_read_without_its_retired_fields()
    {
        var message = Read(GoPut);
        Assert.Equal(KadMessageType.PutValue, message.Type);
        Assert.Equal("/v/hello"u8, message.Key.Span);
        Assert.Equal("/v/hello"u8, message.Record!.Key.Span);
        Assert.Equal("world"u8, message.Record.Value.Span);
    }

    [Fact]
    public void A_provider_of_go_is_read_with_its_address()
    {
        var message = Read(GoProvide);
        Assert.Equal(KadMessageType.AddProvider, message.Type);
        var provider = Assert.Single(message.ProviderPeers);
        Assert.Equal("/ip4/127.0.0.1/tcp/58555", Assert.Single(provider.Addresses).ToString());
    }

    [Theory]
    [InlineData(GoFind)]
    [InlineData(GoProvide)]
    public void What_is_written_is_what_go_writes_without_the_unused_cluster_level(string golden)
    {
        var written = Write(Read(golden));
        Assert.Equal(golden[..^4], Convert.ToHexStringLower(written));
    }

    [Fact]
    public void A_type_that_is_not_written_is_zero()
    {
        Assert.True(KadMessageReader.TryRead([0x12, 1, 65], out var message));
        Assert.Equal(KadMessageType.PutValue, message.Type);
    }

    [Theory]
    [InlineData(KadMessage.MaxKeyLength, true)]
    [InlineData(KadMessage.MaxKeyLength + 1, false)]
    public void A_key_has_a_limit(int length, bool fits) =>
        Assert.Equal(fits, KadMessageReader.TryRead(new ProtobufWriter().Varint(1, 4).Bytes(2, new byte[length]).Written.Span, out _));

    [Theory]
    [InlineData(KadMessage.MaxValueLength, true)]
    [InlineData(KadMessage.MaxValueLength + 1, false)]
    public void A_value_has_a_limit(int length, bool fits)
    {
        var record = new ProtobufWriter().Bytes(2, new byte[length]).Written;
        Assert.Equal(fits, KadMessageReader.TryRead(new ProtobufWriter().Bytes(3, record.Span).Written.Span, out _));
    }

    [Fact]
    public void Peers_and_addresses_over_their_limit_are_passed_over()
    {
        var writer = new ProtobufWriter().Varint(1, 4);
        for (var i = 0; i <= KadMessage.MaxPeers; i++)
        {
            var peer = new ProtobufWriter().Bytes(1, TestHosts.SomePeer().Bytes.Span);
            for (var n = 0; n <= KadMessage.MaxAddresses; n++)
            {
                peer.Bytes(2, Multiaddr.Parse($"/ip4/1.2.3.4/tcp/{n}").Bytes.Span);
            }

            writer.Bytes(8, peer.Written.Span);
        }

        Assert.True(KadMessageReader.TryRead(writer.Written.Span, out var message));
        Assert.Equal(KadMessage.MaxPeers, message.CloserPeers.Count);
        Assert.All(message.CloserPeers, p => Assert.Equal(KadMessage.MaxAddresses, p.Addresses.Count));
    }

    [Fact]
    public void A_peer_that_cannot_be_read_is_dropped_and_the_others_are_not()
    {
        var good = new ProtobufWriter().Bytes(1, TestHosts.SomePeer().Bytes.Span).Bytes(2, [0xff, 0xff]).Written;
        var message = new ProtobufWriter().Varint(1, 4).Bytes(8, [1, 2, 3]).Bytes(8, good.Span).Written;
        Assert.True(KadMessageReader.TryRead(message.Span, out var read));
        Assert.Empty(Assert.Single(read.CloserPeers).Addresses);
    }

    [Fact]
    public void What_does_not_fit_into_a_message_is_left_out_the_last_peers_first()
    {
        var peers = Enumerable.Range(0, 64).Select(_ => Peer(addresses: 16)).ToArray();
        var message = new KadMessage(KadMessageType.GetValue)
        {
            Record = new KadRecord("/v/a"u8.ToArray(), new byte[KadMessage.MaxValueLength]),
            CloserPeers = peers,
            ProviderPeers = peers,
        };
        var written = Write(message);
        Assert.InRange(written.Length, KadMessage.MaxSent - 1000, KadMessage.MaxSent);
        Assert.True(KadMessageReader.TryRead(written, out var read));
        Assert.Equal(KadMessage.MaxValueLength, read.Record!.Value.Length);
        Assert.NotEmpty(read.CloserPeers);
        Assert.NotEmpty(read.ProviderPeers);
        Assert.Equal(peers.Take(read.CloserPeers.Count).Select(p => p.Id), read.CloserPeers.Select(p => p.Id));
        Assert.Equal(peers.Take(read.ProviderPeers.Count).Select(p => p.Id), read.ProviderPeers.Select(p => p.Id));
    }

    [Fact]
    public void Providers_may_have_the_room_that_closer_peers_do_not_need()
    {
        var message = new KadMessage(KadMessageType.GetProviders) { ProviderPeers = [.. Enumerable.Range(0, 40).Select(_ => Peer(addresses: 15))] };
        Assert.True(KadMessageReader.TryRead(Write(message), out var read));
        Assert.Equal(40, read.ProviderPeers.Count);
    }

    [Fact]
    public void A_record_that_fits_into_no_message_is_refused()
    {
        var message = new KadMessage(KadMessageType.PutValue) { Record = new KadRecord("/v/a"u8.ToArray(), new byte[KadMessage.MaxSent]) };
        Assert.Equal(Libp2pErrorCodes.LimitReached, Assert.Throws<Libp2pException>(() => Write(message)).Code);
    }

    private static KadPeer Peer(int addresses) =>
        new(TestHosts.SomePeer(), [.. Enumerable.Range(0, addresses).Select(n => Multiaddr.Parse($"/ip4/203.0.113.{n}/tcp/4001"))]);

    private static KadMessage Read(string hex)
    {
        Assert.True(KadMessageReader.TryRead(Convert.FromHexString(hex), out var message));
        return message;
    }

    private static byte[] Write(KadMessage message)
    {
        var output = new ArrayBufferWriter<byte>();
        KadMessageWriter.Write(output, message);
        var framed = new ReadOnlySequence<byte>(output.WrittenMemory);
        Assert.True(LengthPrefixed.TryRead(ref framed, KadMessage.MaxSent, out var message2));
        return message2.ToArray();
    }
}
