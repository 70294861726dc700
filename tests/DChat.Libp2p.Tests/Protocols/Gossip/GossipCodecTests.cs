using System.Buffers;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Multiformats;
using DChat.Libp2p.Protocols.Gossip;
using DChat.Libp2p.Protocols.Gossip.Routing;
using DChat.Libp2p.Protocols.Gossip.Wire;
using DChat.Libp2p.Tests.Identity;
using DChat.Libp2p.Wire;

namespace DChat.Libp2p.Tests.Protocols.Gossip;

/// <summary>RPCs as bytes, and signatures.</summary>
public sealed class GossipCodecTests
{
    [Fact]
    public void The_golden_message_is_signed_as_js_signs_it()
    {
        using var key = SpecKeys.Ed25519();
        var packet = GossipSignature.Sign(key.PublicKey, key.Sign, GossipMessageIds.OfAuthor, "t", "hello"u8, 1);
        var message = Decode(packet.Frame);
        Assert.Equal(
            "e4a6bf4eedf36e711f5d996f7ea117f9c413e943e84323561a3fc7cd7ab92d2560d4b4f8a7bc1e67a7bc32773974f5c59e249647f0ae49ca6fa7d18f2a540d00",
            Convert.ToHexStringLower(message.Signature));
        Assert.Null(GossipSignature.Check(message, out var author));
        Assert.Equal(key.Peer, author);
        Assert.Equal($"{Convert.ToHexStringLower(key.Peer.Bytes.Span)}0000000000000001", packet.Id.ToString());
    }

    [Fact]
    public void A_signature_with_the_key_beside_it_is_checked_by_that_key()
    {
        using var key = SpecKeys.Ed25519();
        using var other = PrivateKey.Generate();
        var message = Decode(GossipSignature.Sign(key.PublicKey, key.Sign, GossipMessageIds.OfAuthor, "t", "hello"u8, 1).Frame);
        message.HasKey = true;
        message.Key = key.PublicKey.Encode();
        Assert.Null(GossipSignature.Check(message, out _));
        message.Key = other.PublicKey.Encode();
        Assert.Equal(SignatureFault.Malformed, GossipSignature.Check(message, out _));
        message.Key = default;
        Assert.Equal(SignatureFault.UnknownKey, GossipSignature.Check(message, out _));
    }

    [Fact]
    public void A_message_of_an_author_whose_kind_of_key_is_not_known_here_speaks_against_nobody()
    {
        using var key = SpecKeys.Ed25519();
        using var curve = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        var encoded = new ProtobufWriter().Varint(1, (ulong)KeyType.Ecdsa).Bytes(2, curve.ExportSubjectPublicKeyInfo()).ToArray();
        var message = Decode(GossipSignature.Sign(key.PublicKey, key.Sign, GossipMessageIds.OfAuthor, "t", "hello"u8, 1).Frame);
        message.HasKey = true;
        message.Key = encoded;
        message.From = Multihash.Sha256(encoded);
        Assert.Equal(SignatureFault.UnknownKey, GossipSignature.Check(message, out _));

        var inbox = Inbox(GossipSignaturePolicy.StrictSign, new GossipCounters());
        var frame = GossipPacket.Create(new GossipMessageId("x"u8), "t", message, author: null).Frame;
        Assert.NotNull(inbox.Open(frame.Span));
        Assert.Empty(inbox.Check(frame.Span));
        Assert.Empty(inbox.Faults);
        Assert.Single(inbox.Untaken);
    }

    [Fact]
    public void Every_change_of_a_signed_message_shows()
    {
        using var key = SpecKeys.Ed25519();
        using var other = PrivateKey.Generate();
        var frame = GossipSignature.Sign(key.PublicKey, key.Sign, GossipMessageIds.OfAuthor, "t", "hello"u8, 1).Frame;
        Assert.Equal(SignatureFault.Wrong, Fault(frame, (ref WireMessage m) => m.Data = "hellO"u8));
        Assert.Equal(SignatureFault.Wrong, Fault(frame, (ref WireMessage m) => m.HasData = false));
        Assert.Equal(SignatureFault.Wrong, Fault(frame, (ref WireMessage m) => m.Topic = "u"u8));
        Assert.Equal(SignatureFault.Wrong, Fault(frame, (ref WireMessage m) => m.Sequence = new byte[8]));
        Assert.Equal(SignatureFault.Wrong, Fault(frame, (ref WireMessage m) => m.Signature = new byte[64]));
        Assert.Equal(SignatureFault.Wrong, Fault(frame, (ref WireMessage m) => m.Signature = new byte[63]));
        Assert.Equal(SignatureFault.Wrong, Fault(frame, (ref WireMessage m) => m.From = other.Peer.Bytes.Span));
        Assert.Equal(SignatureFault.Malformed, Fault(frame, (ref WireMessage m) => m.From = "nobody"u8));
        Assert.Equal(SignatureFault.Malformed, Fault(frame, (ref WireMessage m) => m.Sequence = new byte[7]));
        Assert.Equal(SignatureFault.Missing, Fault(frame, (ref WireMessage m) => m.HasFrom = false));
        Assert.Equal(SignatureFault.Missing, Fault(frame, (ref WireMessage m) => m.HasSequence = false));
        Assert.Equal(SignatureFault.Missing, Fault(frame, (ref WireMessage m) => m.HasSignature = false));
    }

    [Fact]
    public void An_unsigned_message_is_data_and_topic_and_nothing_else()
    {
        // publish { data "hi", topic "t" }
        var packet = GossipPacket.Create(new GossipMessageId("x"u8), "t", "hi"u8);
        Assert.Equal("120712026869220174", Convert.ToHexStringLower(packet.Frame.Span));
        Assert.True(packet.Data.Span.SequenceEqual("hi"u8));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(5)]
    [InlineData(6)]
    public void An_unsigned_message_with_anything_of_an_author_is_refused_even_if_it_is_empty(int field)
    {
        var counters = new GossipCounters();
        var inbox = Inbox(GossipSignaturePolicy.StrictNoSign, counters);
        var message = new ProtobufWriter().Bytes(2, "hi"u8).Bytes(4, "t"u8).Bytes(field, []).ToArray();
        Assert.NotNull(inbox.Open(new ProtobufWriter().Bytes(2, message).ToArray()));
        Assert.Empty(inbox.Candidates);
        Assert.Equal(1, counters.BadSignature);
    }

    [Fact]
    public void What_is_forwarded_of_a_message_are_its_known_fields()
    {
        var inbox = Inbox(GossipSignaturePolicy.StrictNoSign, new GossipCounters());
        var message = new ProtobufWriter().Bytes(4, "t"u8).Bytes(99, "junk"u8).Bytes(2, "hi"u8).Varint(7, 1).ToArray();
        var rpc = new ProtobufWriter().Bytes(2, message).Bytes(17, "more junk"u8).ToArray();
        inbox.Open(rpc);
        var packet = Assert.Single(inbox.Check(rpc));
        Assert.Equal("120712026869220174", Convert.ToHexStringLower(packet.Frame.Span));
    }

    [Fact]
    public void A_message_that_cannot_be_forwarded_is_not_taken()
    {
        var counters = new GossipCounters();
        var inbox = Inbox(GossipSignaturePolicy.StrictNoSign, counters, maxFrame: 100);
        byte[] Rpc(int size) => [.. GossipPacket.Create(default, "t", new byte[size]).Frame.Span];
        inbox.Open(Rpc(93));
        Assert.Single(inbox.Check(Rpc(93)));
        inbox.Open(Rpc(94));
        Assert.Empty(inbox.Check(Rpc(94)));
        Assert.Equal(1, counters.Oversized);
    }

    [Fact]
    public void What_is_written_is_read_again()
    {
        var batch = new GossipBatch();
        batch.Subscriptions.Add(("a", true));
        batch.Subscriptions.Add(("b", false));
        batch.MeshChanges.Add(("a", new MeshChange(null)));
        batch.MeshChanges.Add(("b", new MeshChange(TimeSpan.FromSeconds(60))));
        GossipMessageId[] ids = [new("one"u8), new("two"u8)];
        batch.Gossip.Add(new GossipIds(GossipKind.Ihave, "a", ids));
        batch.Gossip.Add(new GossipIds(GossipKind.Iwant, null, ids.AsMemory(0, 1)));
        batch.Gossip.Add(new GossipIds(GossipKind.Idontwant, null, ids.AsMemory(1)));
        batch.Packets.Add(GossipPacket.Create(ids[0], "a", "hello"u8));
        var output = new ArrayBufferWriter<byte>();
        var length = new GossipRpcWriter().Write(output, batch);

        var written = output.WrittenSpan;
        Assert.Equal(OperationStatus.Done, Uvarint.TryRead(written, out var prefix, out var consumed));
        Assert.Equal((ulong)length, prefix);
        Assert.Equal(length, written.Length - consumed);
        var rpc = new GossipRpcReader().Read(written[consumed..])!;
        Assert.Equal([("a", true), ("b", false)], rpc.Subscriptions);
        Assert.Equal(["a"], rpc.Graft);
        Assert.Equal([("b", 60UL)], rpc.Prune);
        Assert.Equal("a", Assert.Single(rpc.Ihave).Topic);
        Assert.Equal(ids, rpc.Ihave[0].Ids);
        Assert.Equal(ids[..1], rpc.Iwant);
        Assert.Equal(ids[1..], rpc.Idontwant);
        Assert.True(WireMessage.TryDecode(written[consumed..][rpc.Messages[0]], out var message));
        Assert.True(message.Data.SequenceEqual("hello"u8) && message.Topic.SequenceEqual("a"u8));
        Assert.Equal(0, rpc.PassedOver);
    }

    [Fact]
    public void Entries_are_taken_up_to_their_limits_and_those_beyond_counted()
    {
        byte[] subscription = [.. new ProtobufWriter().Varint(1, 1).Text(2, "t").ToArray()];
        AssertLimit(GossipRpc.MaxEntries, n => Repeat(1, subscription, n), r => r.Subscriptions.Count);
        AssertLimit(GossipRpc.MaxEntries, n => Repeat(2, [0x22, 1, (byte)'t'], n), r => r.Messages.Count);
        AssertLimit(GossipRpc.MaxEntries, n => Control(Repeat(3, [0x0a, 1, (byte)'t'], n)), r => r.Graft.Count);
        AssertLimit(GossipRpc.MaxEntries, n => Control(Repeat(4, [0x0a, 1, (byte)'t'], n)), r => r.Prune.Count);
        AssertLimit(GossipRpc.MaxIds, n => Control(Entry(2, Repeat(1, "id"u8, n))), r => r.Iwant.Count);
        AssertLimit(GossipRpc.MaxIdontwantIds, n => Control(Entry(5, Repeat(1, "id"u8, n))), r => r.Idontwant.Count);
        AssertLimit(GossipRpc.MaxIds, n => Control([.. Entry(1, [0x0a, 1, (byte)'t', .. Repeat(2, "id"u8, n / 2)]), .. Entry(1, [0x0a, 1, (byte)'t', .. Repeat(2, "id"u8, n - (n / 2))])]), r => r.Ihave.Sum(i => i.Ids.Length));
    }

    [Fact]
    public void Topics_and_ids_are_taken_up_to_their_length()
    {
        var longest = new string('x', Gossipsub.MaxTopicLength);
        Assert.Equal([longest], Read(Control(Entry(3, new ProtobufWriter().Text(1, longest).ToArray()))).Graft);
        Assert.Empty(Read(Control(Entry(3, new ProtobufWriter().Text(1, longest + "x").ToArray()))).Graft);
        Assert.Empty(Read(Control(Entry(3, [0x0a, 1, 0xff]))).Graft);
        Assert.Empty(Read(Control(Entry(3, []))).Graft);
        Assert.Single(Read(Control(Entry(2, Entry(1, new byte[GossipMessageId.MaxLength])))).Iwant);
        Assert.Empty(Read(Control(Entry(2, Entry(1, new byte[GossipMessageId.MaxLength + 1])))).Iwant);
        Assert.Empty(Read(Control(Entry(2, Entry(1, [])))).Iwant);
    }

    private delegate void Change(ref WireMessage message);

    private static SignatureFault? Fault(ReadOnlyMemory<byte> frame, Change change)
    {
        var message = Decode(frame);
        change(ref message);
        return GossipSignature.Check(message, out _);
    }

    private static WireMessage Decode(ReadOnlyMemory<byte> frame)
    {
        var reader = new ProtobufReader(frame.Span);
        Assert.True(reader.Next() && reader.Field == 2);
        Assert.True(WireMessage.TryDecode(reader.Bytes, out var message));
        return message;
    }

    private static GossipInbox Inbox(GossipSignaturePolicy policy, GossipCounters counters, int maxFrame = 65_536)
    {
        var topics = new ConcurrentDictionary<string, TopicPolicy> { ["t"] = TopicPolicy.Of(policy, null) };
        return new GossipInbox(topics, maxFrame, SpecKeys.Ed25519().Peer, counters);
    }

    private static void AssertLimit(int limit, Func<int, byte[]> rpc, Func<GossipRpc, int> count)
    {
        var (full, over) = (Read(rpc(limit)), Read(rpc(limit)).PassedOver);
        Assert.Equal((limit, 0), (count(full), over));
        full = Read(rpc(limit + 1));
        Assert.Equal((limit, 1), (count(full), full.PassedOver));
    }

    private static GossipRpc Read(byte[] rpc) => Assert.IsType<GossipRpc>(new GossipRpcReader().Read(rpc));

    private static byte[] Control(byte[] entries) => Entry(3, entries);

    private static byte[] Entry(int field, ReadOnlySpan<byte> value) => new ProtobufWriter().Bytes(field, value).ToArray();

    private static byte[] Repeat(int field, ReadOnlySpan<byte> value, int count)
    {
        var writer = new ProtobufWriter();
        for (var i = 0; i < count; i++)
        {
            writer.Bytes(field, value);
        }

        return writer.ToArray();
    }

    [Fact]
    public void A_prune_carries_the_records_of_others_and_so_many_are_taken()
    {
        var peer = RouterPeers.Peer("a");
        var batch = new GossipBatch();
        batch.MeshChanges.Add(("t", new MeshChange(TimeSpan.FromSeconds(60), [(peer, new byte[] { 1, 2, 3 })])));
        var output = new ArrayBufferWriter<byte>();
        var length = new GossipRpcWriter().Write(output, batch);

        // 3 control { 4 prune { 1 "t", 2 { 1 id, 2 record }, 3 60 } }
        var info = new ProtobufWriter().Bytes(1, peer.Bytes.Span).Bytes(2, [1, 2, 3]).ToArray();
        var prune = new ProtobufWriter().Text(1, "t").Bytes(2, info).Varint(3, 60).ToArray();
        Assert.Equal(new ProtobufWriter().Bytes(3, new ProtobufWriter().Bytes(4, prune).ToArray()).ToArray(), output.WrittenSpan[^length..].ToArray());
        Assert.InRange(length, 1, GossipRpcWriter.MeshChangeSize("t", batch.MeshChanges[0].Change));
        var rpc = new GossipRpcReader().Read(output.WrittenSpan[^length..])!;
        Assert.Equal(("t", 60UL), Assert.Single(rpc.Prune));
        Assert.Equal([1, 2, 3], Assert.Single(rpc.Exchange).Record.ToArray());
    }

    [Theory]
    [InlineData(16, 4096, 16)]
    [InlineData(17, 10, 16)]
    [InlineData(1, 4097, 0)]
    [InlineData(1, 0, 0)]
    public void Records_beyond_their_limits_are_passed_over(int count, int length, int taken)
    {
        var prune = new ProtobufWriter().Text(1, "t");
        for (var i = 0; i < count; i++)
        {
            prune.Bytes(2, new ProtobufWriter().Bytes(2, new byte[length]).ToArray());
        }

        var rpc = new GossipRpcReader().Read(new ProtobufWriter().Bytes(3, new ProtobufWriter().Bytes(4, prune.ToArray()).ToArray()).ToArray())!;
        Assert.Equal(taken, rpc.Exchange.Count);
    }
}
