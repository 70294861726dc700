using System.Buffers;
using System.Collections.Concurrent;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Protocols.Gossip;
using DChat.Libp2p.Protocols.Gossip.Routing;
using DChat.Libp2p.Protocols.Gossip.Wire;
using DChat.Libp2p.Tests.Identity;
using DChat.Libp2p.Tests.Protocols.Gossip;

namespace DChat.Libp2p.Tests.Hostile;

/// <summary>Decoders of gossipsub; see <see cref="Fuzzer"/>.</summary>
public sealed class GossipFuzzTests
{
    private const int MaxFrame = 1000;

    [Fact]
    public void Rpcs()
    {
        using var key = SpecKeys.Ed25519();
        var topics = Topics(GossipSignaturePolicy.StrictNoSign);
        var inbox = new GossipInbox(topics, MaxFrame, key.Peer, new GossipCounters());
        var (reader, writer, output) = (new GossipRpcReader(), new GossipRpcWriter(), new ArrayBufferWriter<byte>());
        Fuzzer.Run([Rpc()], input =>
        {
            if (inbox.Open(input.Span) is null)
            {
                return;
            }

            // What was taken can be sent on, and is then taken again as it was.
            foreach (var packet in inbox.Check(input.Span).ToArray())
            {
                var batch = new GossipBatch();
                batch.Packets.Add(packet);
                output.ResetWrittenCount();
                var sent = writer.Write(output, batch);
                Assert.Single(reader.Read(output.WrittenSpan[^sent..])!.Messages);
                Assert.NotNull(inbox.Open(packet.Frame.Span));
                Assert.Equal(packet.Id, Assert.Single(inbox.Candidates).Id);
            }
        });
    }

    [Fact]
    public void Signed_messages()
    {
        using var key = SpecKeys.Ed25519();
        using var other = PrivateKey.Generate();
        var inbox = new GossipInbox(Topics(GossipSignaturePolicy.StrictSign), MaxFrame, other.Peer, new GossipCounters());
        var good = GossipSignature.Sign(key.PublicKey, key.Sign, GossipMessageIds.OfAuthor, "t", "hello"u8, 1);
        Fuzzer.Run([good.Frame.ToArray()], input =>
        {
            if (inbox.Open(input.Span) is not null)
            {
                // Nobody has signed another one.
                Assert.All(inbox.Check(input.Span), packet => Assert.Equal((good.Id, 1ul), (packet.Id, packet.Sequence)));
            }
        });
    }

    private static ConcurrentDictionary<string, TopicPolicy> Topics(GossipSignaturePolicy policy) => new() { ["t"] = TopicPolicy.Of(policy, null) };

    private static byte[] Rpc()
    {
        var batch = new GossipBatch();
        batch.Subscriptions.Add(("t", true));
        batch.MeshChanges.AddRange([("t", new MeshChange(null)), ("s", new MeshChange(TimeSpan.FromSeconds(60), [(RouterPeers.Peer("a"), new byte[9])]))]);
        GossipMessageId[] ids = [new("one"u8), new("two"u8)];
        batch.Gossip.AddRange([new(GossipKind.Ihave, "t", ids), new(GossipKind.Iwant, null, ids), new(GossipKind.Idontwant, null, ids)]);
        batch.Packets.Add(GossipPacket.Create(ids[0], "t", "hello"u8));
        batch.Packets.Add(GossipPacket.Create(ids[1], "t", []));
        var output = new ArrayBufferWriter<byte>();
        var length = new GossipRpcWriter().Write(output, batch);
        return output.WrittenSpan[^length..].ToArray();
    }
}
