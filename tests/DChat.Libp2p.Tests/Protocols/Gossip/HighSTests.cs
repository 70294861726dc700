using System.Collections.Concurrent;
using System.Formats.Asn1;
using System.Numerics;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Protocols.Gossip;
using DChat.Libp2p.Protocols.Gossip.Routing;
using DChat.Libp2p.Protocols.Gossip.Wire;
using DChat.Libp2p.Tests.Identity;
using DChat.Libp2p.Wire;
using NBitcoin.Secp256k1;
using SHA256 = System.Security.Cryptography.SHA256;
using PublicKey = DChat.Libp2p.Identity.PublicKey;

namespace DChat.Libp2p.Tests.Protocols.Gossip;

/// <summary>Signatures over secp256k1 that some implementations take and others do not (BIP 62).</summary>
public sealed class HighSTests
{
    /// <summary>Anybody can make the high s of the low one, and go's peers take both: whoever forwards it must not pay for it.</summary>
    [Fact]
    public void A_message_signed_over_secp256k1_with_the_high_s_is_not_taken_and_speaks_against_nobody()
    {
        using var key = ECPrivKey.Create(SHA256.HashData("a key"u8));
        var encoded = new ProtobufWriter().Varint(1, (ulong)KeyType.Secp256k1).Bytes(2, key.CreatePubKey().ToBytes(compressed: true)).ToArray();
        Assert.True(PublicKey.TryDecode(encoded, out var author));
        var message = new WireMessage
        {
            HasFrom = true,
            From = author!.Peer.Bytes.Span,
            HasSequence = true,
            Sequence = new byte[8],
            HasData = true,
            Data = "hello"u8,
            Topic = "t"u8,
            HasSignature = true,
        };
        Assert.True(key.TrySignECDSA(SHA256.HashData(GossipSignature.SignedBytes(message)), out var signature));
        message.Signature = Der(signature!.r, signature.s);
        Assert.Null(GossipSignature.Check(message, out _));
        message.Signature = Der(signature.r, signature.s.Negate());
        Assert.Equal(SignatureFault.HighS, GossipSignature.Check(message, out _));

        var inbox = Inbox();
        var frame = GossipPacket.Create(new GossipMessageId("x"u8), "t", message, author: null).Frame;
        Assert.NotNull(inbox.Open(frame.Span));
        Assert.Empty(inbox.Check(frame.Span));
        Assert.Empty(inbox.Faults);
        Assert.Single(inbox.Untaken);

        message.Data = "hellO"u8;
        Assert.Equal(SignatureFault.Wrong, GossipSignature.Check(message, out _));
    }

    private static byte[] Der(Scalar r, Scalar s)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteInteger(new BigInteger(r.ToBytes(), isUnsigned: true, isBigEndian: true));
            writer.WriteInteger(new BigInteger(s.ToBytes(), isUnsigned: true, isBigEndian: true));
        }

        return writer.Encode();
    }

    private static GossipInbox Inbox()
    {
        var topics = new ConcurrentDictionary<string, TopicPolicy> { ["t"] = TopicPolicy.Of(GossipSignaturePolicy.StrictSign, null) };
        using var local = SpecKeys.Ed25519();
        return new GossipInbox(topics, maxFrame: 65536, local.Peer, new GossipCounters());
    }
}
