using System.Text;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Protocols.Gossip;
using DChat.Libp2p.Protocols.Gossip.Wire;
using DChat.Libp2p.Tests.Protocols.Gossip;
using DChat.Libp2p.Wire;

namespace DChat.Libp2p.Tests.Hostile;

/// <summary>A peer that sends RPCs of one kind as fast as it can: honest messages are delivered all the same, and little is kept.</summary>
[Collection(HeapTests.Name)]
public sealed class GossipFloodTests
{
    private const int Million = 1_000_000;

    /// <summary>Messages that await a verdict, ids to remember, a full outbox: each has a limit and a test of its own.</summary>
    private const long MaxKept = 8 * 1024 * 1024;

    private static readonly PrivateKey Author = PrivateKey.Generate();

    private static readonly Dictionary<string, Func<byte[][]>> Floods = new()
    {
        ["a million ids told of"] = () => Ids(kind: 1, field: 2, topic: "t"),
        ["a million ids asked for"] = () => Ids(kind: 2, field: 1, topic: null),
        ["a million ids not wanted"] = () => Ids(kind: 5, field: 1, topic: null),
        ["a million grafts"] = () => Entries(3, _ => Topic("t")),
        ["a million prunes"] = () => Entries(4, _ => [.. Topic("t"), 0x18, 0xff, 0x01]),
        ["a million prunes of as many topics"] = () => Entries(4, n => Topic($"{n}")),
        ["empty RPCs"] = () => Repeat(200_000, _ => []),
        ["five million unknown fields"] = () => Repeat(10, _ => Many(500_000, writer => writer.Varint(9, 1))),
        ["messages that are rejected"] = () => Repeat(20_000, n => Message("t", $"bad {n}")),
        ["messages that are ignored"] = () => Repeat(20_000, n => Message("t", $"dull {n}")),
        ["messages of topics that nobody wants"] = () => Repeat(50_000, n => Message($"{n}", "hello")),
        ["copies of one message"] = () => Repeat(50_000, _ => Message("t", "again")),
        ["forged messages"] = () => Repeat(3000, Forged),
        ["messages longer than may be forwarded"] = () => Repeat(200, n => Message("t", new string((char)('a' + (n % 26)), 100_000) + n)),
    };

    public static TheoryData<string> Names => [.. Floods.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task The_honest_hear_each_other_at_once_and_little_is_kept(string flood)
    {
        await using var talk = await HonestTalk.StartAsync();
        var hub = talk.Hub;
        hub.Subscribe("s", GossipSignaturePolicy.StrictSign);
        hub.Judge = message => ValueTask.FromResult(Encoding.UTF8.GetString(message.Data.Span).Split(' ')[0] switch
        {
            "bad" => GossipVerdict.Reject,
            "dull" => GossipVerdict.Ignore,
            _ => GossipVerdict.Accept,
        });
        await using var mallory = await RawGossipPeer.ConnectAsync(talk.Network, "mallory", hub);
        var rpcs = Floods[flood]();

        await talk.WithstandAsync(() => mallory.FloodAsync(rpcs), MaxKept);

        Assert.DoesNotContain(mallory.Host.LocalPeer, hub.Gossip.MeshOf("s"));
        Assert.InRange(hub.Gossip.MeshOf(GossipNode.Topic).Count, 2, 3);
        Assert.InRange(mallory.Iwanted, 0, new GossipsubLimits().MaxIhaveIds);
        Assert.InRange(mallory.Prunes, 0, rpcs.Length);
        GC.KeepAlive(rpcs);
    }

    private static byte[][] Repeat(int count, Func<int, byte[]> rpc) => [.. Enumerable.Range(0, count).Select(rpc)];

    private static byte[] Many(int count, Action<ProtobufWriter> write)
    {
        var writer = new ProtobufWriter();
        for (var i = 0; i < count; i++)
        {
            write(writer);
        }

        return writer.ToArray();
    }

    private static byte[] Topic(string topic) => new ProtobufWriter().Text(1, topic).ToArray();

    private static byte[] Message(string topic, string text) => GossipPacket.Create(default, topic, Encoding.UTF8.GetBytes(text)).Frame.ToArray();

    /// <summary>A message whose author never signed it.</summary>
    private static byte[] Forged(int number)
    {
        var frame = GossipSignature.Sign(Author.PublicKey, Author.Sign, GossipMessageIds.OfAuthor, "s", "hello"u8, (ulong)number).Frame.ToArray();
        frame[^1] ^= 1;
        return frame;
    }

    /// <summary>A million control entries in ten RPCs.</summary>
    private static byte[][] Entries(int kind, Func<int, byte[]> entry)
    {
        var number = 0;
        return Repeat(10, _ => new ProtobufWriter().Bytes(3, Many(Million / 10, writer => writer.Bytes(kind, entry(number++)))).ToArray());
    }

    /// <summary>A million ids in two hundred RPCs.</summary>
    private static byte[][] Ids(int kind, int field, string? topic)
    {
        var number = 0;
        return Repeat(200, _ =>
        {
            byte[] ids = [.. topic is null ? [] : Topic(topic), .. Many(Million / 200, writer => writer.Bytes(field, BitConverter.GetBytes(number++)))];
            return new ProtobufWriter().Bytes(3, new ProtobufWriter().Bytes(kind, ids).Written.Span).ToArray();
        });
    }
}
