using System.Globalization;
using DChat.Abstractions.Messages;
using DChat.Core.Protocol;
using DChat.Core.Topics;
using DChat.Gateway.Peers;
using DChat.Libp2p.Addresses;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Swarm;
using DChat.Testing.Peers;

namespace DChat.Gateway.Tests.Peers;

public sealed class PeerReportBuilderTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    private readonly NetworkOptions _network = new() { Network = "dchat-test", ShardBits = 2 };
    private readonly Dictionary<PeerId, string> _agents = [];
    private readonly Dictionary<string, PeerId[]> _wanted = [];

    [Fact]
    public void A_peer_is_described_with_all_that_is_known_of_it()
    {
        var peer = SomePeer(1);
        _agents[peer] = "js-libp2p/3.3.11\u001b";
        Want(peer, 0, 2, 3);
        var connection = Connect(peer, secondsAgo: 5, Direction.Outbound) with { RoundTrip = TimeSpan.FromMicroseconds(1_250) };

        var report = Build(connection);

        var described = Assert.Single(report.Peers);
        Assert.Equal(
            (peer.ToString(), "/ip4/127.0.0.1/tcp/5", PeerDirection.Outbound, "js-libp2p/3.3.11", Now.AddSeconds(-5), 1.25),
            (described.PeerId, described.RemoteAddress, described.Direction, described.AgentVersion, described.ConnectedSince, described.RoundTripMilliseconds));
        Assert.Equal([0, 2, 3], described.Shards.Select(shard => (int)shard.Value));
        Assert.Equal((Now, 1, 1), (report.ReportedAt, report.TotalPeers, report.Gateway.PeerCount));
    }

    [Fact]
    public void What_is_not_known_of_a_peer_yet_is_missing()
    {
        var described = Assert.Single(Build(Connect(SomePeer(1), secondsAgo: 0)).Peers);

        Assert.Equal(PeerDirection.Inbound, described.Direction);
        Assert.Null(described.AgentVersion);
        Assert.Null(described.RoundTripMilliseconds);
        Assert.Empty(described.Shards);
    }

    [Fact]
    public void A_peer_with_two_connections_counts_once_with_the_older()
    {
        var twice = SomePeer(1);

        var report = Build(Connect(twice, secondsAgo: 1), Connect(twice, secondsAgo: 9), Connect(SomePeer(2), secondsAgo: 5));

        Assert.Equal(2, report.TotalPeers);
        Assert.Equal([twice.ToString(), SomePeer(2).ToString()], report.Peers.Select(peer => peer.PeerId));
        Assert.Equal("/ip4/127.0.0.1/tcp/9", report.Peers[0].RemoteAddress);
    }

    [Fact]
    public void Peers_that_want_a_topic_but_are_not_connected_are_left_out()
    {
        Want(SomePeer(7), 1);

        Assert.Empty(Build().Peers);
        Assert.Equal(0, Build().TotalPeers);
    }

    [Fact]
    public void Only_the_topics_of_the_networks_own_shards_count()
    {
        var peer = SomePeer(1);
        _wanted["/dchat/1/dchat-test/2/4"] = [peer];
        _wanted["/dchat/1/other/2/0"] = [peer];

        Assert.Empty(Assert.Single(Build(Connect(peer, secondsAgo: 0)).Peers).Shards);
    }

    [Theory]
    [InlineData(PeerSetReport.MaxPeers)]
    [InlineData(PeerSetReport.MaxPeers + 1)]
    public void Peers_up_to_the_limit_are_described_the_longest_connected_first_and_all_are_counted(int count)
    {
        var connections = Enumerable.Range(1, count).Select(number => Connect(SomePeer(number), secondsAgo: number)).ToArray();

        var report = Build(connections);

        Assert.Equal(count, report.TotalPeers);
        Assert.Equal(count, report.Gateway.PeerCount);
        Assert.Equal(
            connections.Reverse().Take(PeerSetReport.MaxPeers).Select(connection => connection.Peer.ToString()),
            report.Peers.Select(peer => peer.PeerId));
    }

    private PeerSetReport Build(params ConnectedPeer[] connections) =>
        new PeerReportBuilder(_network, _agents.GetValueOrDefault, topic => _wanted.GetValueOrDefault(topic) ?? [])
            .Build(peers => GatewayReports.Gateway("gateway", peers), Now, connections);

    private void Want(PeerId peer, params int[] shards)
    {
        foreach (var shard in shards)
        {
            _wanted[GossipTopics.Of(_network, new ShardId((ushort)shard))] = [SomePeer(99), peer];
        }
    }

    private static ConnectedPeer Connect(PeerId peer, int secondsAgo, Direction direction = Direction.Inbound) => new(
        peer,
        Multiaddr.Parse(string.Create(CultureInfo.InvariantCulture, $"/ip4/127.0.0.1/tcp/{secondsAgo}")),
        direction,
        Now.AddSeconds(-secondsAgo),
        RoundTrip: null);

    private static PeerId SomePeer(int number)
    {
        var seed = new byte[32];
        BitConverter.TryWriteBytes(seed, number);
        using var key = PrivateKey.FromSeed(seed);
        return key.Peer;
    }
}
