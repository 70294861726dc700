using DChat.Libp2p.Addresses;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Peers;
using DChat.Libp2p.Wire;

namespace DChat.Libp2p.Tests.Identity;

public sealed class SignedEnvelopeTests
{
    private static readonly Multiaddr Address = Multiaddr.Parse("/ip4/127.0.0.1/tcp/4001");

    [Fact]
    public void A_signed_peer_record_is_the_golden_one()
    {
        using var key = SpecKeys.Ed25519();
        var envelope = new PeerRecord(key.Peer, 1, [Address]).Sign(key);

        Assert.Equal(
            "4504e51a36806e8eba9344a743f2e1cbd0170d2632fb413f98101f6e3ff26d3da91f4eedebf36383fa5819438bce1d7398117236e52d2d1dfce98196294ac60e",
            Convert.ToHexStringLower(envelope.Signature.Span));
        Assert.True(PeerRecord.TryOpen(envelope.Encode(), out var record));
        Assert.Equal(key.Peer, record.Peer);
        Assert.Equal(1UL, record.Sequence);
        Assert.Equal([Address], record.Addresses);
    }

    [Fact]
    public void The_constants_of_old_rust_nodes_are_accepted_too()
    {
        using var key = SpecKeys.Ed25519();
        var payload = new PeerRecord(key.Peer, 7, [Address]).Sign(key).Payload;
        var legacy = SignedEnvelope.Seal(key, "libp2p-routing-state", "/libp2p/routing-state-record"u8, payload.Span);
        var mixed = SignedEnvelope.Seal(key, "libp2p-peer-record", "/libp2p/routing-state-record"u8, payload.Span);

        Assert.True(PeerRecord.TryOpen(legacy.Encode(), out var record));
        Assert.Equal(7UL, record.Sequence);
        Assert.False(PeerRecord.TryOpen(mixed.Encode(), out _));
    }

    [Fact]
    public void A_record_signed_by_another_peer_does_not_open()
    {
        using var key = SpecKeys.Ed25519();
        using var thief = PrivateKey.Generate();
        var payload = new PeerRecord(key.Peer, 1, [Address]).Sign(key).Payload;
        var stolen = SignedEnvelope.Seal(thief, "libp2p-peer-record", [0x03, 0x01], payload.Span);

        Assert.False(PeerRecord.TryOpen(stolen.Encode(), out _));
        Assert.Throws<ArgumentException>(() => new PeerRecord(key.Peer, 1, []).Sign(thief));
    }

    [Fact]
    public void Changing_any_byte_of_a_signed_record_keeps_it_shut_or_leaves_it_the_same()
    {
        using var key = SpecKeys.Ed25519();
        var good = new PeerRecord(key.Peer, 1, [Address]).Sign(key).Encode();
        for (var i = 0; i < good.Length; i++)
        {
            var bad = good.AsSpan().ToArray();
            bad[i] ^= 0x10;
            Assert.False(PeerRecord.TryOpen(bad, out _), $"Byte {i} was changed.");
        }
    }

    [Fact]
    public void Addresses_that_do_not_decode_are_dropped_and_the_record_kept()
    {
        using var key = SpecKeys.Ed25519();
        var payload = new ProtobufWriter().Bytes(1, key.Peer.Bytes.Span).Varint(2, 3)
            .Bytes(3, new ProtobufWriter().Bytes(1, [0xfe, 0x7f, 0x01]).ToArray())
            .Bytes(3, new ProtobufWriter().Bytes(1, Address.Bytes.Span).ToArray())
            .ToArray();
        var envelope = SignedEnvelope.Seal(key, "libp2p-peer-record", [0x03, 0x01], payload);

        Assert.True(PeerRecord.TryOpen(envelope.Encode(), out var record));
        Assert.Equal([Address], record.Addresses);
    }

    [Fact]
    public void A_record_keeps_addresses_up_to_the_limit_only()
    {
        using var key = SpecKeys.Ed25519();
        var many = Enumerable.Range(1, PeerRecord.MaxAddresses + 1).Select(i => Multiaddr.Parse($"/ip4/127.0.0.1/tcp/{i}")).ToArray();

        Assert.True(PeerRecord.TryOpen(new PeerRecord(key.Peer, 1, many).Sign(key).Encode(), out var record));
        Assert.Equal(many[..PeerRecord.MaxAddresses], record.Addresses);
    }

    [Fact]
    public void An_envelope_is_refused_beyond_its_longest_length()
    {
        using var key = SpecKeys.Ed25519();
        var overhead = SignedEnvelope.Seal(key, "d", [1], new byte[4096]).Encode().Length - 4096;
        Assert.True(SignedEnvelope.TryDecode(Encoded(SignedEnvelope.MaxLength - overhead), out _));
        Assert.False(SignedEnvelope.TryDecode(Encoded(SignedEnvelope.MaxLength - overhead + 1), out _));

        byte[] Encoded(int payload) => SignedEnvelope.Seal(key, "d", [1], new byte[payload]).Encode();
    }
}
