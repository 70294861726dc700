using DChat.Libp2p.Addresses;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Peers;
using DChat.Libp2p.Protocols.Identify;
using DChat.Libp2p.Tests.Identity;
using DChat.Libp2p.Wire;

namespace DChat.Libp2p.Tests.Hostile;

/// <summary>Decoders of protobuf that says who someone is; see <see cref="Fuzzer"/>.</summary>
public sealed class IdentityFuzzTests
{
    private static readonly Multiaddr Address = Multiaddr.Parse("/ip4/127.0.0.1/tcp/4001");

    [Fact]
    public void Protobuf_fields()
    {
        var good = new ProtobufWriter().Varint(1, 7).Bytes(2, "abc"u8).Varint(100, ulong.MaxValue).Bytes(1 << 20, []).ToArray();
        Fuzzer.Run([good, [0x0d, 1, 2, 3, 4, 0x11, 1, 2, 3, 4, 5, 6, 7, 8]], input =>
        {
            var reader = new ProtobufReader(input.Span);
            var (fields, bytes) = (0, 0);
            while (reader.Next())
            {
                Assert.InRange(reader.Field, 1, (1 << 29) - 1);
                (fields, bytes) = (fields + 1, bytes + reader.Bytes.Length);
            }

            // A field takes two bytes at least.
            Assert.InRange((2 * fields) + bytes, 0, input.Length);
        });
    }

    [Fact]
    public void Public_keys() => Fuzzer.Run([Convert.FromHexString(SpecKeys.Ed25519Public), Convert.FromHexString(SpecKeys.EcdsaPublic)], input =>
    {
        if (PublicKey.TryDecode(input.Span, out var key))
        {
            Assert.True(PublicKey.TryDecode(key.Encode(), out var again) && again.Peer.Equals(key.Peer));
        }
    });

    [Fact]
    public void Signed_envelopes()
    {
        using var key = SpecKeys.Ed25519();
        Fuzzer.Run([SignedEnvelope.Seal(key, "domain", [3, 1], "payload"u8).Encode()], input =>
        {
            if (SignedEnvelope.TryDecode(input.Span, out var envelope))
            {
                Assert.True(SignedEnvelope.TryDecode(envelope.Encode(), out var again));
                Assert.True(again.Payload.Span.SequenceEqual(envelope.Payload.Span));
            }
        });
    }

    [Fact]
    public void Signed_records()
    {
        using var key = SpecKeys.Ed25519();
        var (peer, good) = (key.Peer, new PeerRecord(key.Peer, 1, [Address, Address]));
        Fuzzer.Run([good.Sign(key).Encode()], input =>
        {
            if (PeerRecord.TryOpen(input.Span, out var record))
            {
                // Nobody has signed another one.
                Assert.Equal((peer, 1ul), (record.Peer, record.Sequence));
                Assert.Equal(good.Addresses, record.Addresses);
            }
        });
    }

    [Fact]
    public void Identify_messages()
    {
        var good = new IdentifyMessage
        {
            PublicKey = [1, 2],
            ListenAddresses = [Address],
            Protocols = ["/a", "/b"],
            ObservedAddress = Address,
            AgentVersion = "a",
            ProtocolVersion = "p",
            SignedPeerRecord = [3, 4],
        };
        Fuzzer.Run([good.Encode()], input =>
        {
            if (IdentifyMessage.TryMerge(new IdentifyMessage(), input.Span, out var message))
            {
                Assert.True(IdentifyMessage.TryMerge(new IdentifyMessage(), message.Encode(), out var again));
                Assert.Equal(message.ListenAddresses, again.ListenAddresses);
            }
        });
    }
}
