using System.Buffers;
using System.Text;
using DChat.Libp2p.Protocols.Gossip;
using DChat.Libp2p.Protocols.Gossip.Routing;
using DChat.Libp2p.Protocols.Gossip.Wire;
using Microsoft.Extensions.Time.Testing;

namespace DChat.Libp2p.Tests.Protocols.Gossip;

/// <summary>What waits for a peer, and how it becomes RPCs.</summary>
public sealed class GossipOutboxTests
{
    [Fact]
    public void A_batch_keeps_to_the_longest_RPC_and_nothing_is_lost_between_batches()
    {
        var limits = new GossipsubLimits { MaxRpcSent = 2000, MaxQueuedMessages = 10_000 };
        var outbox = Outbox(limits);
        var topics = Enumerable.Range(0, 40).Select(n => $"topic {n} {new string('x', 5 * n)}").ToArray();
        var ids = Enumerable.Range(0, 500).Select(n => new GossipMessageId(Encoding.UTF8.GetBytes($"id {n}"))).ToArray();
        foreach (var topic in topics)
        {
            outbox.AddSubscription(topic, true);
            outbox.AddMeshChange(topic, new MeshChange(topic.Length % 2 == 0 ? null : TimeSpan.FromSeconds(topic.Length)));
        }

        foreach (var some in ids.Chunk(50))
        {
            outbox.AddGossip(new GossipIds(GossipKind.Iwant, null, some));
        }

        // The largest is as long as an RPC may be.
        var packets = Enumerable.Range(0, 100).Select(n => 19 * n).Append(1991).Select(n => GossipPacket.Create(ids[0], "t", new byte[n])).ToArray();
        Assert.Equal(2000, packets[^1].Frame.Length);
        Assert.All(packets, p => Assert.True(outbox.TryAdd(p)));

        var (batch, writer, reader) = (new GossipBatch(), new GossipRpcWriter(), new GossipRpcReader());
        List<string> subscribed = [], grafted = [];
        List<GossipMessageId> wanted = [];
        var messages = 0;
        while (outbox.TryTake(batch))
        {
            var output = new ArrayBufferWriter<byte>();
            var length = writer.Write(output, batch);
            Assert.InRange(length, 1, 2000);
            var rpc = reader.Read(output.WrittenSpan[^length..])!;
            Assert.True(rpc.Graft.All(t => subscribed.Contains(t) || rpc.Subscriptions.Contains((t, true))));
            subscribed.AddRange(rpc.Subscriptions.Select(s => s.Topic));
            grafted.AddRange([.. rpc.Graft, .. rpc.Prune.Select(p => p.Topic)]);
            wanted.AddRange(rpc.Iwant);
            messages += rpc.Messages.Count;
        }

        Assert.Equal(topics, subscribed);
        Assert.Equal(topics.Order(), grafted.Order());
        Assert.Equal(ids, wanted);
        Assert.Equal(packets.Length, messages);
        Assert.Equal((0, 0L), (outbox.Count, outbox.Bytes));
    }

    [Fact]
    public void A_full_queue_drops_talk_about_ids_before_messages_and_then_what_is_new()
    {
        var counters = new GossipCounters();
        var outbox = Outbox(new GossipsubLimits { MaxQueuedMessages = 3 }, counters);
        var ids = new GossipIds(GossipKind.Iwant, null, new[] { new GossipMessageId("x"u8) });
        outbox.AddGossip(ids);
        outbox.AddGossip(ids);
        outbox.AddGossip(ids);
        outbox.AddGossip(ids);
        Assert.Equal(1, counters.DroppedGossip);
        var packet = GossipPacket.Create(default, "t", "x"u8);
        Assert.True(outbox.TryAdd(packet) && outbox.TryAdd(packet) && outbox.TryAdd(packet));
        Assert.False(outbox.TryAdd(packet));
        outbox.AddGossip(ids);
        Assert.Equal((3, 3L * packet.Frame.Length), (outbox.Count, outbox.Bytes));
        Assert.Equal((5L, 1L), (counters.DroppedGossip, counters.DroppedMessages));
    }

    [Fact]
    public void A_queue_is_full_by_bytes_too()
    {
        var outbox = Outbox(new GossipsubLimits { MaxRpcSent = 1024, MaxQueuedBytes = 1024 });
        var half = GossipPacket.Create(default, "t", new byte[503]);
        Assert.Equal(512, half.Frame.Length);
        Assert.True(outbox.TryAdd(half) && outbox.TryAdd(half));
        Assert.False(outbox.TryAdd(GossipPacket.Create(default, "t", [])));
    }

    [Fact]
    public void What_has_waited_for_its_time_is_kept_and_what_waits_longer_is_dropped()
    {
        var (time, counters) = (new FakeTimeProvider(), new GossipCounters());
        var outbox = Outbox(new GossipsubLimits { MaxQueuedTime = TimeSpan.FromSeconds(10) }, counters, time: time);
        outbox.AddGossip(new GossipIds(GossipKind.Iwant, null, new[] { new GossipMessageId("x"u8) }));
        outbox.TryAdd(Packet(100));
        time.Advance(TimeSpan.FromSeconds(5));
        outbox.TryAdd(Packet(100));
        time.Advance(TimeSpan.FromSeconds(5));
        outbox.Expire();
        Assert.Equal(3, outbox.Count);
        time.Advance(TimeSpan.FromTicks(1));
        outbox.Expire();
        Assert.Equal((1, (long)Packet(100).Frame.Length, 2L), (outbox.Count, outbox.Bytes, counters.DroppedLate));
    }

    [Fact]
    public void Beyond_the_bytes_of_all_the_fullest_is_halved_and_the_others_notice_nothing()
    {
        var budget = new OutboxBudget(1000);
        var (full, half, low) = (Outbox(budget: budget), Outbox(budget: budget), Outbox(budget: budget));
        foreach (var (outbox, messages) in new[] { (full, 6), (half, 3), (low, 1) })
        {
            Assert.All(Enumerable.Range(0, messages), _ => Assert.True(outbox.TryAdd(Packet(100))));
        }

        Assert.Equal((1000L, false), (budget.Bytes, budget.IsExceeded));
        low.TryAdd(Packet(100));
        budget.Relieve([full, half, low]);
        Assert.Equal((3, 3, 2), (full.Count, half.Count, low.Count));
        Assert.Equal(800, budget.Bytes);
        full.Suspend();
        Assert.True(half.TryTake(new GossipBatch()));
        Assert.Equal(200, budget.Bytes);
    }

    /// <summary>A message of so many bytes as it is sent.</summary>
    private static GossipPacket Packet(int frame) => GossipPacket.Create(default, "t", new byte[frame - 7]);

    private static GossipOutbox Outbox(
        GossipsubLimits? limits = null, GossipCounters? counters = null, OutboxBudget? budget = null, TimeProvider? time = null) =>
        new(limits ?? new GossipsubLimits(), counters ?? new GossipCounters(), budget ?? new OutboxBudget(long.MaxValue), time ?? TimeProvider.System);
}
