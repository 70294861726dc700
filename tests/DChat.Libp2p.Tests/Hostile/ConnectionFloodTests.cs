using DChat.Libp2p.Tests.Protocols.Gossip;
using DChat.Libp2p.Yamux;

namespace DChat.Libp2p.Tests.Hostile;

/// <summary>A peer that sends frames of one kind as fast as it can: the honest are served all the same, and little is kept.</summary>
[Collection(HeapTests.Name)]
public sealed class ConnectionFloodTests
{
    private const int Frames = 100_000;
    private const int FramesPerWrite = 1000;
    private const long MaxKept = 2 * 1024 * 1024;

    /// <summary>What is sent, and whether its sender reads what it is sent.</summary>
    private static readonly Dictionary<string, (Func<byte[][]> Writes, bool Reads)> Floods = new()
    {
        ["streams opened"] = (() => Many(Frames, n => Frame(YamuxType.WindowUpdate, YamuxFlags.Syn, Id(n), 0)), true),
        ["streams opened and reset"] = (() => Many(Frames, n => Frame(YamuxType.WindowUpdate, n % 2 == 0 ? YamuxFlags.Syn : YamuxFlags.Rst, Id(n / 2), 0)), true),
        ["streams opened and ended"] = (() => Many(Frames, n => Frame(YamuxType.Data, YamuxFlags.Syn | YamuxFlags.Fin, Id(n), 0)), true),
        ["resets of no stream"] = (() => Many(Frames, n => Frame(YamuxType.WindowUpdate, YamuxFlags.Rst, Id(n), 0)), true),
        ["data of no stream"] = (() => Many(Frames, n => [.. Frame(YamuxType.Data, YamuxFlags.None, Id(n), 8), .. new byte[8]]), true),
        ["windows opened without end"] = (() => Many(Frames, n => Frame(YamuxType.WindowUpdate, n == 0 ? YamuxFlags.Syn : YamuxFlags.None, 1, uint.MaxValue)), true),
        ["pings"] = (() => Many(Frames, n => Frame(YamuxType.Ping, YamuxFlags.Syn, 0, (uint)n)), true),
        ["answers to no ping"] = (() => Many(Frames, n => Frame(YamuxType.Ping, YamuxFlags.Ack, 0, (uint)n)), true),
        ["pings of which each byte is a message of Noise"] = (() => [.. Enumerable.Range(0, 2000).SelectMany(n =>
            Frame(YamuxType.Ping, YamuxFlags.Syn, 0, (uint)n).Select(b => (byte[])[b]))], true),
        ["proposals without end"] = (() => [Frame(YamuxType.WindowUpdate, YamuxFlags.Syn, 1, 0), Data(1, "\u0013/multistream/1.0.0\n"u8), .. Many(Frames, _ => Data(1, "\u0003/x\n"u8))], true),
    };

    /// <summary>The same of what ends the connection.</summary>
    private static readonly Dictionary<string, (Func<byte[][]> Writes, bool Reads)> Breaches = new()
    {
        ["pings whose answers are not read"] = (() => Many(Frames, n => Frame(YamuxType.Ping, YamuxFlags.Syn, 0, (uint)n)), false),
        ["streams opened whose refusals are not read"] = (() => Many(Frames, n => Frame(YamuxType.WindowUpdate, YamuxFlags.Syn, Id(n), 0)), false),
        ["a byte more than the window"] = (() => [Frame(YamuxType.Data, YamuxFlags.Syn, 1, YamuxOptions.InitialWindow + 1), new byte[YamuxOptions.InitialWindow + 1]], true),
        ["a longest frame"] = (() => [Frame(YamuxType.Data, YamuxFlags.Syn, 1, uint.MaxValue)], true),
        ["another version"] = (() => [[1, .. new byte[11]]], true),
        ["a stream opened twice"] = (() => [Frame(YamuxType.WindowUpdate, YamuxFlags.Syn, 1, 0), Frame(YamuxType.WindowUpdate, YamuxFlags.Syn, 1, 0)], true),
        ["a stream of the other side's number"] = (() => [Frame(YamuxType.WindowUpdate, YamuxFlags.Syn, 2, 0)], true),
    };

    public static TheoryData<string> FloodNames => [.. Floods.Keys];

    public static TheoryData<string> BreachNames => [.. Breaches.Keys];

    [Theory]
    [MemberData(nameof(FloodNames))]
    public async Task The_honest_hear_each_other_at_once_and_little_is_kept(string flood)
    {
        await using var talk = await HonestTalk.StartAsync();
        var (writes, reads) = Floods[flood];
        var bytes = writes();
        var mallory = await RawConnection.ConnectAsync(talk.Network, talk.Hub.Host, reads);
        await talk.WithstandAsync(() => mallory.FloodAsync(bytes), MaxKept);
        Assert.InRange(talk.Hub.Host.ConnectionsTo(mallory.Peer).Sum(c => c.StreamCount), 0, new YamuxOptions().MaxInboundStreams + 1);
        await talk.Hub.Host.DisconnectAsync(mallory.Peer);
        await mallory.DisposeAsync();
        GC.KeepAlive(bytes);
    }

    [Theory]
    [MemberData(nameof(BreachNames))]
    public async Task The_sender_is_cut_off_and_nobody_else_notices(string breach)
    {
        await using var talk = await HonestTalk.StartAsync();
        var (writes, reads) = Breaches[breach];
        var bytes = writes();
        await using var mallory = await RawConnection.ConnectAsync(talk.Network, talk.Hub.Host, reads);
        await GossipNode.UntilAsync(() => talk.Hub.Host.ConnectionsTo(mallory.Peer).Count == 1);
        await talk.WithstandAsync(() => mallory.FloodAsync(bytes), MaxKept);
        await GossipNode.UntilAsync(() => talk.Hub.Host.ConnectionsTo(mallory.Peer).Count == 0);
        GC.KeepAlive(bytes);
    }

    /// <summary>The number of a stream that a dialer opens.</summary>
    private static uint Id(int n) => (2 * (uint)n) + 1;

    private static byte[][] Many(int count, Func<int, byte[]> frame) =>
        [.. Enumerable.Range(0, count).Chunk(FramesPerWrite).Select(chunk => chunk.SelectMany(frame).ToArray())];

    private static byte[] Data(uint id, ReadOnlySpan<byte> payload) => [.. Frame(YamuxType.Data, YamuxFlags.None, id, (uint)payload.Length), .. payload];

    private static byte[] Frame(YamuxType type, YamuxFlags flags, uint id, uint length)
    {
        var bytes = new byte[YamuxHeader.Size];
        new YamuxHeader(type, flags, id, length).Write(bytes);
        return bytes;
    }
}
