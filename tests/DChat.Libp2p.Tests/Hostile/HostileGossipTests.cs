using System.Buffers.Binary;
using DChat.Libp2p.Protocols.Gossip;
using DChat.Libp2p.Tests.Protocols.Gossip;
using DChat.Libp2p.Wire;

namespace DChat.Libp2p.Tests.Hostile;

/// <summary>Peers that abuse gossipsub, beside honest ones who must not notice.</summary>
public sealed class HostileGossipTests : IAsyncDisposable
{
    private const int Million = 1_000_000;

    private readonly GossipNodes _nodes = new();

    public ValueTask DisposeAsync() => _nodes.DisposeAsync();

    [Fact]
    public async Task A_million_subscriptions_cost_no_more_than_a_peer_may_have()
    {
        var (hub, alice) = await _nodes.StartMeshAsync();
        await using var mallory = await RawGossipPeer.ConnectAsync(_nodes.Network, "mallory", hub);
        for (var i = 0; i < 100; i++)
        {
            await mallory.SendAsync(Repeat(1, Million / 100, n => new ProtobufWriter().Varint(1, 1).Text(2, $"{i}/{n}").ToArray()));
        }

        await mallory.SettleAsync(hub, "done");
        await _nodes.AssertTalkAsync(hub, alice);

        // The peer's place for each RPC is 5000 entries, and 128 topics in all.
        Assert.Equal(Million - new GossipsubLimits().MaxTopicsPerPeer, hub.Gossip.Counters.ControlOverLimit);
        Assert.Equal(new GossipsubLimits().MaxTopicsPerPeer, Enumerable.Range(0, 1000).Count(n => hub.Gossip.PeersOf($"0/{n}").Count == 1));
    }

    [Fact]
    public async Task A_million_control_entries_are_passed_over_beyond_their_limit()
    {
        var (hub, alice) = await _nodes.StartMeshAsync();
        await using var mallory = await RawGossipPeer.ConnectAsync(_nodes.Network, "mallory", hub);
        byte[] graft = [0x0a, 1, (byte)'u'];
        for (var i = 0; i < 10; i++)
        {
            await mallory.SendAsync(new ProtobufWriter().Bytes(3, Repeat(3, Million / 10, _ => graft)).ToArray());
        }

        await mallory.SettleAsync(hub, "done");
        await _nodes.AssertTalkAsync(hub, alice);
        Assert.Equal(Million - 10, hub.Gossip.Counters.ControlOverLimit);
        Assert.Equal((0, 0), (mallory.Prunes, mallory.Grafts));
    }

    [Fact]
    public async Task Ids_that_nobody_has_are_asked_for_as_often_as_a_heartbeat_allows()
    {
        var (hub, alice) = await _nodes.StartMeshAsync();
        await using var mallory = await RawGossipPeer.ConnectAsync(_nodes.Network, "mallory", hub);
        for (var i = 0; i < 200; i++)
        {
            await mallory.SendAsync(Ids(1, 2, 1000, n => (i * 1000) + n, "t"));
        }

        await mallory.SettleAsync(hub, "done");
        await _nodes.AssertTalkAsync(hub, alice);
        Assert.Equal(new GossipsubLimits().MaxIhaveIds, await WantedAsync(mallory, new GossipsubLimits().MaxIhaveIds));

        // Ten RPCs are heard; of those the ids of five are asked for. Then a new heartbeat, and the same again.
        Assert.Equal((10 - 5) * 1000 + (200 - 10), hub.Gossip.Counters.ControlOverLimit);
        hub.Beat();
        await mallory.SendAsync(Ids(1, 2, 1000, n => -1 - n, "t"));
        await GossipNode.UntilAsync(() => mallory.Iwanted == new GossipsubLimits().MaxIhaveIds + 1000);
    }

    [Fact]
    public async Task A_message_asked_for_without_end_is_sent_three_times()
    {
        var (hub, alice) = await _nodes.StartMeshAsync();
        await using var mallory = await RawGossipPeer.ConnectAsync(_nodes.Network, "mallory", hub);
        var id = hub.Publish("precious").MessageId;
        Assert.Equal("precious", await alice.NextTextAsync());
        for (var i = 0; i < 100; i++)
        {
            await mallory.SendAsync(new ProtobufWriter().Bytes(3, new ProtobufWriter().Bytes(2, Repeat(1, 1000, _ => id.Bytes.ToArray())).ToArray()).ToArray());
        }

        await mallory.SettleAsync(hub, "done");
        await _nodes.AssertTalkAsync(hub, alice);
        await GossipNode.UntilAsync(() => mallory.Messages >= 3);
        Assert.Equal(3, mallory.Messages);
        Assert.Equal((100 * 1000) - new GossipsubLimits().MaxIhaveIds, hub.Gossip.Counters.ControlOverLimit);
    }

    [Fact]
    public async Task A_flood_of_grafts_gets_nobody_into_the_mesh_and_few_answers()
    {
        var (hub, alice) = await _nodes.StartMeshAsync();
        await using var mallory = await RawGossipPeer.ConnectAsync(_nodes.Network, "mallory", hub);
        byte[] topic = [0x0a, 1, (byte)'t'];
        var prune = new ProtobufWriter().Bytes(3, new ProtobufWriter().Bytes(4, topic).ToArray()).ToArray();
        var graft = new ProtobufWriter().Bytes(3, Repeat(3, 1000, _ => topic)).ToArray();
        await mallory.SendAsync(prune);
        for (var i = 0; i < 100; i++)
        {
            await mallory.SendAsync(graft);
        }

        // Two misdeeds each; with the tenth the score is -10·(10 - 6)², and nothing more is read.
        await GossipNode.UntilAsync(() => hub.Gossip.Counters.GraylistedRpcs == 95);
        await _nodes.AssertTalkAsync(hub, alice);
        Assert.Equal([alice.Peer], hub.Gossip.MeshOf("t"));
        Assert.Equal(-160, hub.Gossip.ScoreOf(mallory.Host.LocalPeer));
        Assert.Equal((5, 5), (hub.Gossip.Counters.EarlyGrafts, hub.Gossip.Counters.GraftFloods));
        Assert.Equal(5 * 999, hub.Gossip.Counters.ControlOverLimit);

        // One for each RPC at most.
        await GossipNode.UntilAsync(() => mallory.Prunes > 0);
        Assert.InRange(mallory.Prunes, 1, 5);
    }

    [Fact]
    public async Task An_RPC_of_the_longest_length_is_taken_and_one_longer_ends_the_stream()
    {
        var (hub, alice) = await _nodes.StartMeshAsync();
        await using var mallory = await RawGossipPeer.ConnectAsync(_nodes.Network, "mallory", hub);
        var longest = new ProtobufWriter().Bytes(100, new byte[new GossipsubLimits().MaxRpcReceived - 5]).ToArray();
        Assert.Equal(new GossipsubLimits().MaxRpcReceived, longest.Length);
        await mallory.SendAsync(longest);
        await mallory.SettleAsync(hub, "taken");
        Assert.Equal(0, hub.Gossip.Counters.Malformed);

        // 1 MiB + 1 as a varint; nothing of it need arrive.
        await mallory.SendRawAsync([0x81, 0x80, 0x40]);
        Assert.True(await mallory.WasResetAsync());
        Assert.Equal(1, hub.Gossip.Counters.Malformed);
        await _nodes.AssertTalkAsync(hub, alice);
    }

    [Fact]
    public async Task Garbage_ends_the_stream_and_the_peer_may_come_again()
    {
        var (hub, alice) = await _nodes.StartMeshAsync();
        await using var mallory = await RawGossipPeer.ConnectAsync(_nodes.Network, "mallory", hub);
        await mallory.SendAsync([0xff, 0xff, 0xff]);
        Assert.True(await mallory.WasResetAsync());
        await _nodes.AssertTalkAsync(hub, alice);
        await mallory.OpenAsync(hub);
        await mallory.SettleAsync(hub, "better");
    }

    [Fact]
    public async Task A_newer_stream_takes_the_place_of_the_older()
    {
        var (hub, _) = await _nodes.StartMeshAsync();
        await using var mallory = await RawGossipPeer.ConnectAsync(_nodes.Network, "mallory", hub);
        for (var i = 0; i < 50; i++)
        {
            await mallory.OpenAsync(hub);
            await mallory.SettleAsync(hub, $"stream {i}");

            // One each way is left, and perhaps one of identify.
            await GossipNode.UntilAsync(() => hub.Host.ConnectionsTo(mallory.Host.LocalPeer)[0].StreamCount <= 3);
        }
    }

    [Fact]
    public async Task A_peer_that_reads_nothing_has_a_bounded_queue_and_nobody_else_loses_a_message()
    {
        const int Messages = 3000;
        var (hub, alice) = await _nodes.StartMeshAsync(o =>
        {
            o.FloodPublish = true;
            (o.Limits.MaxQueuedMessages, o.Limits.MaxQueuedBytes) = (500, 1024 * 1024);
        });
        await using var slow = await RawGossipPeer.ConnectAsync(_nodes.Network, "slow", hub, reads: false);
        await slow.SendAsync(Repeat(1, 1, _ => new ProtobufWriter().Varint(1, 1).Text(2, "t").ToArray()));
        await GossipNode.UntilAsync(() => hub.Gossip.PeersOf("t").Count == 2);
        var (most, queued) = (0, 0);
        for (var i = 0; i < Messages; i++)
        {
            var data = new byte[1024];
            BinaryPrimitives.WriteInt32BigEndian(data, i);
            queued += hub.Gossip.Publish("t", data).PeerCount;
            Assert.Equal(i, BinaryPrimitives.ReadInt32BigEndian((await alice.NextAsync()).Data.Span));
            var outbox = hub.Gossip.OutboxOf(slow.Host.LocalPeer)!;
            most = Math.Max(most, outbox.Count);
            Assert.InRange(outbox.Bytes, 0, 1024 * 1024);
        }

        Assert.Equal(500, most);
        Assert.Equal((2 * Messages) - queued, hub.Gossip.Counters.DroppedMessages);

        // A window's worth and what the pieces on the way hold has left; the rest of what was not queued is lost to it alone.
        Assert.InRange(hub.Gossip.Counters.DroppedMessages, Messages - 500 - 1024, Messages - 500);
    }

    private static async Task<int> WantedAsync(RawGossipPeer peer, int least)
    {
        await GossipNode.UntilAsync(() => peer.Iwanted >= least);
        return peer.Iwanted;
    }

    private static byte[] Repeat(int field, int count, Func<int, byte[]> value)
    {
        var writer = new ProtobufWriter();
        for (var i = 0; i < count; i++)
        {
            writer.Bytes(field, value(i));
        }

        return writer.ToArray();
    }

    /// <summary>A control entry of so many ids, each made of a number.</summary>
    private static byte[] Ids(int kind, int field, int count, Func<int, int> number, string topic)
    {
        var writer = new ProtobufWriter().Text(1, topic);
        for (var i = 0; i < count; i++)
        {
            writer.Bytes(field, BitConverter.GetBytes(number(i)));
        }

        return new ProtobufWriter().Bytes(3, new ProtobufWriter().Bytes(kind, writer.Written.Span).Written.Span).ToArray();
    }
}
