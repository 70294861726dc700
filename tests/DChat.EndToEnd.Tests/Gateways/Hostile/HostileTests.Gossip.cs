using System.Buffers.Binary;
using DChat.Core.Protocol;
using DChat.Gateway.Admission;
using DChat.Libp2p.Protocols.Gossip;
using DChat.Libp2p.Wire;
using DChat.Testing.Clusters;
using DChat.Testing.Messages;
using DChat.Testing.Processes;

namespace DChat.EndToEnd.Tests.Gateways.Hostile;

/// <content>Gossip.</content>
public sealed partial class HostileTests
{
    private const string GossipDropped = "dchat_libp2p_gossipsub_dropped_total";
    private const string GossipViolations = "dchat_libp2p_gossipsub_violations_total";
    private const string ForgersClosed = "dchat_gateway_forgers_closed_total";
    private const string GossipReceived = "dchat_gateway_gossip_received_total";

    [Fact]
    public async Task Garbage_and_overlong_rpcs_of_gossip_cost_their_sender_the_stream()
    {
        const int Rounds = 20;
        var before = await silo.MetricAsync(GossipViolations, "kind=\"malformed\"");
        var rounds = 0;
        await WithstandAsync(96, async (siege, _) =>
        {
            siege.Begin();
            for (; rounds < Rounds || siege.GoesOn; rounds++)
            {
                // One that goes on is closed and refused: here it is somebody new every time. Garbage; and the length of an RPC that is one byte too long, of which nothing need follow.
                await using var mallory = await Mallory.ConnectAsync(silo.Address);
                var stream = await mallory.OpenGossipAsync();
                byte[] bytes = rounds % 2 == 0 ? [3, 0xff, 0xff, 0xff] : [0x81, 0x80, 0x40];
                await stream.Output.WriteAsync(bytes, Cancel);
                await Mallory.DrainAsync(stream);
            }
        });
        await silo.WaitForMetricAsync(before + rounds, GossipViolations, "kind=\"malformed\"");
    }

    [Fact]
    public async Task A_million_control_entries_are_passed_over_beyond_their_limits()
    {
        const int Subscriptions = 400_000, Grafts = 350_000, Wants = 250_000, Rpcs = 10;
        const int Heeded = 50_000;
        var before = await silo.MetricAsync(GossipDropped, "kind=\"control-over-limit\"");
        await WithstandAsync(128, async (siege, pair) =>
        {
            await using var mallory = await Mallory.ConnectAsync(silo.Address);
            var stream = await mallory.OpenGossipAsync();
            siege.Begin();
            var topic = GossipTopics.Of(TestCluster.Network, pair.Author.Shard);
            for (var i = 0; i < Rpcs; i++)
            {
                var start = i;
                await SendAsync(Repeat(1, Subscriptions / Rpcs, n => new ProtobufWriter().Varint(1, 1).Text(2, $"{start}/{n}").ToArray()));
                await SendAsync(Control(Repeat(3, Grafts / Rpcs, _ => new ProtobufWriter().Text(1, topic).ToArray())));
                await SendAsync(Control(new ProtobufWriter().Bytes(2, Repeat(1, Wants / Rpcs, n => Id(start, n))).ToArray()));

                // What is announced and not there afterwards is asked for only so often.
                var announced = new ProtobufWriter().Text(1, topic).ToArray();
                await SendAsync(Control(new ProtobufWriter().Bytes(1, [.. announced, .. Repeat(2, 5_000, n => Id(start, n))]).ToArray()));
            }

            await silo.WaitForMetricAsync(before + Subscriptions + Grafts + Wants - Heeded, GossipDropped, "kind=\"control-over-limit\"");

            async Task SendAsync(byte[] rpc)
            {
                Assert.InRange(rpc.Length, 1, new GossipsubLimits().MaxRpcReceived);
                Assert.True(await Mallory.SendAsync(stream, rpc));
            }
        });
    }

    [Fact]
    public async Task Forged_envelopes_at_full_speed_reach_nobody_and_their_senders_are_closed()
    {
        const int Forgers = 20, PerRpc = 100;
        var before = await silo.MetricAsync(GossipReceived, "verdict=\"reject\"", "code=\"bad-signature\"");
        var closedBefore = await silo.MetricAsync(ForgersClosed);
        var acceptedBefore = await silo.MetricAsync(GossipReceived, "verdict=\"accept\"");
        await WithstandAsync(128, async (siege, pair) =>
        {
            var topic = GossipTopics.Of(TestCluster.Network, pair.Author.Shard);
            var forgery = new Author(pair.Author.Topic).SealOne("never signed"u8);
            var forgeries = 0;
            siege.Begin();
            for (var forger = 0; forger < Forgers || siege.GoesOn; forger++)
            {
                await using var mallory = await Mallory.ConnectAsync(silo.Address);
                var stream = await mallory.OpenGossipAsync();

                // Until it is closed: once its network has nothing left, few are looked at.
                while (await Mallory.SendAsync(stream, Repeat(2, PerRpc, _ => new ProtobufWriter()
                    .Bytes(2, Forge(forgery, ++forgeries)).Text(4, topic).ToArray())))
                {
                }

                await mallory.Connection.Closed.WaitAsync(ChildProcess.Patience, Cancel);
            }

            await silo.WaitForMetricAsync(before + (Forgers * ForgeryWatch.MaxForgeries), GossipReceived, "verdict=\"reject\"", "code=\"bad-signature\"");
        });
        await silo.WaitForMetricAsync(closedBefore + Forgers, ForgersClosed);
        Assert.Equal(acceptedBefore, await silo.MetricAsync(GossipReceived, "verdict=\"accept\""));
    }

    [Fact]
    public async Task Subscribers_whose_sockets_are_never_read_lose_messages_that_others_get()
    {
        const int Subscribers = 20, Messages = 5_000;
        var before = await silo.MetricAsync(GossipDropped, "kind=\"queue-message\"");
        await WithstandAsync(
            192,
            async (siege, pair) =>
            {
                List<Mallory> slow = [];
                for (var i = 0; i < Subscribers; i++)
                {
                    slow.Add(await Mallory.ConnectAsync(silo.Address));
                    await slow[i].GraftAsync(pair.Author.Shard);
                    slow[i].StopReading();
                }

                siege.Begin();
                await siege.Over;
                await DisposeAsync(slow);
            },
            Messages,
            perRequest: 50,
            contentLength: 1024);
        Assert.InRange(await silo.MetricAsync(GossipDropped, "kind=\"queue-message\"") - before, Subscribers, Subscribers * Messages);
    }

    private static byte[] Forge(byte[] envelope, int number)
    {
        // The last bytes are of the signature (envelope.proto).
        var forged = envelope.ToArray();
        var last = forged.AsSpan(forged.Length - 40);
        BinaryPrimitives.WriteInt32BigEndian(last, BinaryPrimitives.ReadInt32BigEndian(last) ^ number);
        return forged;
    }

    private static byte[] Id(int first, int second)
    {
        var id = new byte[20];
        BinaryPrimitives.WriteInt32BigEndian(id, first);
        BinaryPrimitives.WriteInt32BigEndian(id.AsSpan(4), second);
        return id;
    }

    private static byte[] Control(byte[] entries) => new ProtobufWriter().Bytes(3, entries).ToArray();

    private static byte[] Repeat(int field, int count, Func<int, byte[]> value)
    {
        var writer = new ProtobufWriter();
        for (var i = 0; i < count; i++)
        {
            writer.Bytes(field, value(i));
        }

        return writer.ToArray();
    }
}
