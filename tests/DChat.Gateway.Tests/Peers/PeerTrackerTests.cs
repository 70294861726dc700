using System.Globalization;
using DChat.Abstractions.Messages;
using DChat.Core.Peers;
using DChat.Core.Protocol;
using DChat.Core.Topics;
using DChat.Gateway.Peers;
using DChat.Libp2p.Addresses;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Protocols.Gossip;
using DChat.Libp2p.Swarm;
using DChat.Testing.Peers;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;

namespace DChat.Gateway.Tests.Peers;

public sealed class PeerTrackerTests
{
    private const int Many = 10_000;

    private static readonly DateTimeOffset Now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    private readonly NetworkOptions _network = new() { Network = "dchat-test", ShardBits = 2 };
    private readonly Dictionary<PeerId, ConnectedPeer> _connected = [];
    private readonly NumberedSetWriter<string, PeerDescription> _peers = new(peer => peer.PeerId, firstNumber: 0, PeerSetUpdate.MaxPeers);
    private readonly PeerTracker _tracker;
    private GossipStanding[] _gossip = [];
    private TimeSpan? _roundTrip;
    private int _looks;

    public PeerTrackerTests() => _tracker = new PeerTracker(
        _network,
        peer =>
        {
            _looks++;
            return _connected.GetValueOrDefault(peer);
        },
        () => _gossip,
        _peers);

    [Fact]
    public void A_peer_is_described_with_all_that_is_known_of_it()
    {
        var peer = SomePeer(1);
        _roundTrip = TimeSpan.FromMicroseconds(1_250);
        Connect(peer, secondsAgo: 5, Direction.Outbound, "js-libp2p/3.3.11\u001b");
        Want(peer, 0, 3, 2);

        var described = Assert.Single(Changed());

        Assert.Equal(
            (peer.ToString(), "/ip4/127.0.0.1/tcp/5", PeerDirection.Outbound, "js-libp2p/3.3.11", Now.AddSeconds(-5), 1.25),
            (described.PeerId, described.RemoteAddress, described.Direction, described.AgentVersion, described.ConnectedSince, described.RoundTripMilliseconds));
        Assert.Equal([0, 2, 3], described.Shards.Select(shard => (int)shard.Value));
    }

    [Fact]
    public void What_is_not_known_of_a_peer_yet_is_missing_and_what_is_learnt_is_told()
    {
        var peer = SomePeer(1);
        Connect(peer, secondsAgo: 5);
        var first = Assert.Single(Changed());
        Assert.Equal((PeerDirection.Inbound, null, null, 0), (first.Direction, first.AgentVersion, first.RoundTripMilliseconds, first.Shards.Count));

        Connect(peer, secondsAgo: 5, agent: "kubo/1");
        Assert.Equal("kubo/1", Assert.Single(Changed()).AgentVersion);

        // The host has forgotten it.
        Connect(peer, secondsAgo: 5);
        Assert.Equal("kubo/1", Assert.Single(Changed()).AgentVersion);
    }

    [Fact]
    public void A_peer_that_has_gone_is_removed()
    {
        var peer = SomePeer(1);
        Connect(peer, secondsAgo: 5);
        Changed();
        _connected.Remove(peer);
        _tracker.Touch(peer);

        _tracker.Update();

        Assert.Equal([peer.ToString()], _peers.Next().Removed);
        Assert.Equal(0, _peers.Count);
    }

    [Fact]
    public void What_peers_want_is_told_as_it_changes_and_counts_also_from_before_they_were_connected()
    {
        var peer = SomePeer(1);
        Want(peer, 1);
        Assert.Empty(Changed());
        Connect(peer, secondsAgo: 0);
        Assert.Equal([1], ShardsOf(Assert.Single(Changed())));

        Want(peer, 3);
        _tracker.Want(peer, TopicOf(1), isWanted: false);
        Assert.Equal([3], ShardsOf(Assert.Single(Changed())));
        _tracker.Want(peer, TopicOf(3), isWanted: false);
        Assert.Empty(ShardsOf(Assert.Single(Changed())));
    }

    [Fact]
    public void Only_the_topics_of_the_networks_own_shards_count()
    {
        var peer = SomePeer(1);
        Connect(peer, secondsAgo: 0);
        _tracker.Want(peer, "/dchat/1/dchat-test/2/4", isWanted: true);
        _tracker.Want(peer, "/dchat/1/other/2/0", isWanted: true);

        Assert.Empty(Assert.Single(Changed()).Shards);
    }

    [Fact]
    public void A_round_trip_is_told_when_it_is_first_known_and_when_it_changes_notably()
    {
        Connect(SomePeer(1), secondsAgo: 0);
        Changed();

        Assert.Equal([40, 50, 37], Told(40, 49.9, 50, 38, 37));
        Assert.Equal([0.5, 1.5], Told(0.5, 1.49, 1.5, 0.6));

        List<double?> Told(params double[] measured)
        {
            List<double?> told = [];
            foreach (var milliseconds in measured)
            {
                _roundTrip = TimeSpan.FromMilliseconds(milliseconds);
                told.AddRange(Changed().Select(peer => peer.RoundTripMilliseconds));
            }

            return told;
        }
    }

    [Fact]
    public void How_a_peer_stands_in_gossip_is_told_with_its_mesh_and_when_its_score_changes_notably()
    {
        var peer = SomePeer(1);
        Connect(peer, secondsAgo: 0);
        Assert.Equal((null, 0, false), Standing(Assert.Single(Changed())));

        _gossip = [new GossipStanding(peer, 0, false, false, [TopicOf(1), TopicOf(3), "other"]), new GossipStanding(SomePeer(2), -1, false, false, [])];
        var first = Assert.Single(Changed());
        Assert.Equal((0, 2, false), Standing(first));
        Assert.Equal([1, 3], first.MeshShards!.Select(shard => (int)shard.Value));
        Assert.Empty(Changed());

        Assert.Equal([-10, -40, -30], Told(-0.99, -10, -12.4, -40, -30.1, -30));

        _gossip = [new GossipStanding(peer, -30, true, false, [])];
        Assert.Equal((-30, 0, true), Standing(Assert.Single(Changed())));
        _gossip = [];
        Assert.Equal((null, 0, false), Standing(Assert.Single(Changed())));
        Assert.Empty(Changed());

        List<double?> Told(params double[] scores)
        {
            List<double?> told = [];
            foreach (var score in scores)
            {
                _gossip = [new GossipStanding(peer, score, false, false, [TopicOf(1), TopicOf(3)])];
                told.AddRange(Changed().Select(changed => changed.GossipScore));
            }

            return told;
        }
    }

    private static (double? Score, int Meshes, bool IsGraylisted) Standing(PeerDescription peer) => (peer.GossipScore, peer.MeshShards!.Count, peer.IsGraylisted);

    [Fact]
    public void When_it_is_not_known_to_whom_something_happened_everyone_is_looked_at()
    {
        Connect(SomePeer(1), secondsAgo: 1);
        Connect(SomePeer(2), secondsAgo: 2);
        Changed();
        _connected.Remove(SomePeer(1));
        _connected[SomePeer(3)] = Connection(SomePeer(3), 3, Direction.Inbound, agent: null);

        _tracker.TouchAll(_connected.Keys);
        _tracker.Update();

        var step = _peers.Next();
        Assert.Equal([SomePeer(1).ToString()], step.Removed);
        Assert.Contains(SomePeer(3).ToString(), step.Changed.Select(peer => peer.PeerId));
        Assert.Equal(2, _peers.Count);
    }

    [Fact]
    public void A_gateway_with_ten_thousand_quiet_peers_looks_at_none_of_them_allocates_nothing_and_sends_as_much_as_one_with_none()
    {
        var none = SizeOf(_peers.Next());
        for (var number = 1; number <= Many; number++)
        {
            Connect(SomePeer(number), secondsAgo: number, agent: "js-libp2p/3.3.11");
            Want(SomePeer(number), 0, 1, 2, 3);
        }

        _tracker.Update();
        var pieces = 0;
        for (; _peers.HasMore; pieces++)
        {
            _peers.Next();
        }

        Assert.Equal((Many + PeerSetUpdate.MaxPeers - 1) / PeerSetUpdate.MaxPeers, pieces);
        _looks = 0;
        _tracker.Update();
        var before = GC.GetAllocatedBytesForCurrentThread();
        _tracker.Update();
        Assert.Equal((0, 0), (GC.GetAllocatedBytesForCurrentThread() - before, _looks));

        var idle = _peers.Next();
        Assert.Equal(0, idle.Changed.Count + idle.Removed.Count);
        Assert.Equal(none, SizeOf(idle));
        Assert.InRange(none, 1, 320);
    }

    // With as many peers and the same number, so that both are written in as many bytes.
    private static int SizeOf(NumberedSetChanges<string, PeerDescription> step)
    {
        var update = new PeerSetUpdate(GatewayReports.Gateway("gateway", Many), Now, 1L << 40, 1L << 40, [.. step.Changed], [.. step.Removed], step.HasMore);
        using var services = new ServiceCollection().AddSerializer().BuildServiceProvider();
        return services.GetRequiredService<Serializer>().SerializeToArray(update).Length;
    }

    private IReadOnlyList<PeerDescription> Changed()
    {
        _tracker.Update();
        return _peers.Next().Changed;
    }

    private static int[] ShardsOf(PeerDescription peer) => [.. peer.Shards.Select(shard => (int)shard.Value)];

    private string TopicOf(int shard) => GossipTopics.Of(_network, new ShardId((ushort)shard));

    private void Want(PeerId peer, params int[] shards) => Array.ForEach(shards, shard => _tracker.Want(peer, TopicOf(shard), isWanted: true));

    private void Connect(PeerId peer, int secondsAgo, Direction direction = Direction.Inbound, string? agent = null)
    {
        _connected[peer] = Connection(peer, secondsAgo, direction, agent);
        _tracker.Touch(peer);
    }

    private ConnectedPeer Connection(PeerId peer, int secondsAgo, Direction direction, string? agent) => new(
        peer,
        Multiaddr.Parse(string.Create(CultureInfo.InvariantCulture, $"/ip4/127.0.0.1/tcp/{secondsAgo}")),
        direction,
        Now.AddSeconds(-secondsAgo),
        agent,
        () => _roundTrip);

    private static PeerId SomePeer(int number)
    {
        var seed = new byte[32];
        BitConverter.TryWriteBytes(seed, number);
        using var key = PrivateKey.FromSeed(seed);
        return key.Peer;
    }
}
