using System.Buffers.Binary;
using System.Diagnostics;
using DChat.Libp2p.Addresses;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Multiformats;
using DChat.Libp2p.Protocols.Gossip;
using DChat.Libp2p.Protocols.Gossip.Routing;
using DChat.Libp2p.Protocols.Gossip.Wire;

namespace DChat.Benchmarks.Libp2p;

/// <summary>The router of gossipsub alone, a state machine: no sockets, no encoding, no clock.</summary>
internal static class RouterFigures
{
    private const string Topic = "/dchat-bench/router";
    private const int MessageSize = 256;

    /// <summary>How long a heartbeat holds the router's lock with 1,000 peers of a topic and 30,000 ids to tell about.</summary>
    public static void ReportHeartbeat(BenchmarkReport report)
    {
        const int Heartbeats = 11;
        var options = new GossipsubOptions { FloodPublish = false };
        var router = Create(options, peers: 1000);

        // Ids are told about for three heartbeats: from the third on there are as many as wanted.
        var milliseconds = new List<double>(Heartbeats);
        for (var i = 1; i <= options.HistoryGossip + Heartbeats; i++)
        {
            foreach (var packet in Packets(30_000 / options.HistoryGossip))
            {
                router.Publish(packet, TimeSpan.FromSeconds(i));
            }

            router.Effects.Clear();
            var started = Stopwatch.GetTimestamp();
            router.Heartbeat(TimeSpan.FromSeconds(i));
            if (i > options.HistoryGossip)
            {
                milliseconds.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            }

            router.Effects.Clear();
        }

        report.Add("heartbeat-1000-peers", Quantiles.Median(milliseconds), "ms", "< 20");
    }

    /// <summary>
    /// RPCs a second with 100 peers. Of each message four copies come, each from another peer of the mesh, the second with an
    /// IDONTWANT; the first is accepted and forwarded; a peer outside the mesh then tells of it and its predecessors.
    /// </summary>
    public static void ReportRate(BenchmarkReport report, int rounds)
    {
        const int Messages = 20_000;
        const int RpcsPerMessage = 5;
        var rates = new double[rounds];
        for (var i = -1; i < rounds; i++)
        {
            var router = Create(new GossipsubOptions(), peers: 100);
            var packets = Packets(Messages);
            var started = Stopwatch.GetTimestamp();
            Receive(router, packets);
            rates[Math.Max(i, 0)] = Messages * RpcsPerMessage / Stopwatch.GetElapsedTime(started).TotalSeconds;
        }

        report.Add("router-core-rate", Libp2pSuite.Median(rates), "RPCs/s");
    }

    private static void Receive(GossipRouter router, GossipPacket[] packets)
    {
        const int Copies = 4;
        const int MessagesPerHeartbeat = 100;
        const int ToldAbout = 16;
        PeerId[] mesh = [.. router.MeshOf(Topic)];
        PeerId[] others = [.. router.Peers.Except(mesh)];
        var (copy, notWanted, told) = (new GossipRpc(), new GossipRpc(), new GossipRpc());
        var now = TimeSpan.Zero;
        for (var i = 0; i < packets.Length; i++)
        {
            notWanted.Idontwant.Clear();
            notWanted.Idontwant.Add(packets[i].Id);
            for (var n = 0; n < Copies; n++)
            {
                Hear(router, mesh[(i + n) % mesh.Length], n == 1 ? notWanted : copy, packets[i], now);
            }

            router.Decide(packets[i].Id, GossipVerdict.Accept, now);
            told.Ihave.Clear();
            told.Ihave.Add((Topic, [.. packets[Math.Max(0, i - ToldAbout + 1)..(i + 1)].Select(packet => packet.Id)]));
            Hear(router, others[i % others.Length], told, null, now);
            if (i % MessagesPerHeartbeat == 0)
            {
                router.Heartbeat(now += TimeSpan.FromSeconds(1));
            }

            router.Effects.Clear();
        }
    }

    private static void Hear(GossipRouter router, PeerId from, GossipRpc rpc, GossipPacket? packet, TimeSpan now)
    {
        router.HandleSubscriptions(from, rpc, now);
        if (packet is not null)
        {
            router.Receive(from, packet, now);
        }

        router.HandleControl(from, rpc, now);
    }

    private static GossipRouter Create(GossipsubOptions options, int peers)
    {
        var router = new GossipRouter(options, seed: 1);
        router.Join(Topic, TimeSpan.Zero);
        var subscribe = new GossipRpc();
        subscribe.Subscriptions.Add((Topic, true));
        for (var i = 0; i < peers; i++)
        {
            var peer = PeerId.FromBytes(Multihash.Sha256(BitConverter.GetBytes(i)));
            router.TryAddPeer(peer, version: 2, isDialed: i % 2 == 0, [Multiaddr.Parse($"/ip4/10.{i >> 8}.{i & 255}.1/tcp/4001")], TimeSpan.Zero);
            router.Greet(peer, version: 2, TimeSpan.Zero);
            router.HandleSubscriptions(peer, subscribe, TimeSpan.Zero);
        }

        router.Heartbeat(TimeSpan.Zero);
        router.Effects.Clear();
        return router;
    }

    /// <summary>Messages that no router has seen.</summary>
    private static GossipPacket[] Packets(int count)
    {
        var packets = new GossipPacket[count];
        for (var i = 0; i < count; i++)
        {
            var id = new byte[20];
            BinaryPrimitives.WriteInt64BigEndian(id, Interlocked.Increment(ref _packets));
            packets[i] = GossipPacket.Create(new GossipMessageId(id), Topic, new byte[MessageSize]);
        }

        return packets;
    }

    private static long _packets;
}
