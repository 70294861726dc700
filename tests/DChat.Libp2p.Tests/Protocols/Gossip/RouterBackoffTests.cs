using DChat.Libp2p.Addresses;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Protocols.Gossip;
using DChat.Libp2p.Protocols.Gossip.Routing;

namespace DChat.Libp2p.Tests.Protocols.Gossip;

/// <summary>Strangers that want this side to forget who has pruned it: it would graft too early and be graylisted for it.</summary>
public sealed class RouterBackoffTests
{
    private const int Strangers = 4096;

    private static readonly string[] Topics = [.. Enumerable.Range(0, 16).Select(n => $"t{n}")];

    private readonly GossipRouter _router = new(new GossipsubOptions(), seed: 1);
    private TimeSpan _now = TimeSpan.FromSeconds(1);

    public RouterBackoffTests()
    {
        foreach (var topic in Topics)
        {
            _router.Join(topic, _now);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(16)]
    [InlineData(256)]
    public void Who_has_pruned_this_side_is_not_grafted_however_many_strangers_prune_it_for_an_hour(int networks)
    {
        var honest = _router.Connect("honest", "/ip4/198.51.100.1/tcp/1");
        _router.Subscribe(honest, Topics);
        Flood(networks);
        _router.Prune(honest, _now, 60, Topics);

        Assert.Equal(0, GraftsOf(honest, heartbeats: 60));

        // It is grafted when its back-off is over, and the heartbeat that the prune may have taken.
        Assert.Equal(Topics.Length, GraftsOf(honest, heartbeats: 2));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(256)]
    public void Who_pruned_this_side_before_the_strangers_came_is_still_known_for_it(int networks)
    {
        var honest = _router.Connect("honest", "/ip4/198.51.100.1/tcp/1");
        _router.Subscribe(honest, Topics);
        _router.Prune(honest, _now, 60, Topics);
        Flood(networks);

        Assert.Equal(0, GraftsOf(honest, heartbeats: 60));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4096)]
    public void Who_was_pruned_by_this_side_is_known_for_it_whatever_the_strangers_say(int networks)
    {
        Flood(networks);
        var early = _router.Connect("early", "/ip4/198.51.100.1/tcp/1");
        _router.Graft(early, _now, "t0");
        _router.Leave("t0", _now);
        _router.Join("t0", _now);
        Flood(networks);
        _router.Graft(early, _now, "t0");

        Assert.Equal(1, _router.Counters.EarlyGrafts);
        Assert.Empty(_router.MeshOf("t0"));
    }

    [Fact]
    public void Who_stops_and_starts_again_has_not_been_told_to_stay_away_by_itself()
    {
        string[] topics = [.. Enumerable.Range(0, 10).Select(i => $"t{i}")];
        var router = new GossipRouter(new GossipsubOptions(), seed: 1);
        Array.ForEach(topics, t => router.Join(t, _now));
        var peer = router.Connect("restarts");
        router.Graft(peer, _now, topics);
        Assert.All(topics, t => Assert.Equal([peer], router.MeshOf(t)));
        router.Prune(peer, _now, 10, topics);
        router.RemovePeer(peer, _now);
        Assert.True(router.TryAddPeer(peer, 2, isDialed: false, [Multiaddr.Parse("/ip4/192.0.2.1/tcp/1")], _now + TimeSpan.FromSeconds(2)));
        router.Greet(peer, 2, _now + TimeSpan.FromSeconds(2));
        router.Graft(peer, _now + TimeSpan.FromSeconds(3), topics);
        Assert.Equal((0, 0, 0d), (router.Counters.EarlyGrafts, router.Counters.GraftFloods, router.ScoreOf(peer)));

        // It was told now.
        Assert.Equal(topics.Length, router.Effects.Count(e => e.Kind == GossipEffectKind.Prune));
        router.Graft(peer, _now + TimeSpan.FromSeconds(4), topics[0]);
        Assert.Equal((1, 1), (router.Counters.EarlyGrafts, router.Counters.GraftFloods));
    }

    [Fact]
    public void Who_starts_again_within_back_offs_of_this_side_is_accused_of_few_of_them_and_of_all_that_it_is_told_then()
    {
        string[] topics = [.. Topics.Take(10)];
        var peer = _router.Connect("restarts");
        _router.Graft(peer, _now, topics);
        foreach (var topic in topics)
        {
            _router.Leave(topic, _now);
            _router.Join(topic, _now);
        }

        Reconnect(peer);
        _router.Graft(peer, _now, topics);

        // It may have forgotten what it was told before, so that its first few count once, and none as a flood.
        Assert.Equal((GossipRouter.MaxForgottenGrafts, 0, 0d), (_router.Counters.EarlyGrafts, _router.Counters.GraftFloods, _router.ScoreOf(peer)));
        Assert.All(topics, topic => Assert.Empty(_router.MeshOf(topic)));

        _router.Graft(peer, _now, topics);
        Assert.Equal((GossipRouter.MaxForgottenGrafts + 10, 10), (_router.Counters.EarlyGrafts, _router.Counters.GraftFloods));
        Assert.True(_router.IsGraylisted(peer));
    }

    [Fact]
    public void Who_comes_through_a_relay_takes_the_room_of_that_relay_and_of_nobody_beside_it()
    {
        var honest = _router.Connect("honest", Through("198.51.100.1"));
        var neighbour = _router.Connect("neighbour", "/ip4/203.0.113.9/tcp/1");
        foreach (var peer in (PeerId[])[honest, neighbour])
        {
            _router.Subscribe(peer, Topics);
            _router.Prune(peer, _now, 60, Topics);
        }

        for (var i = 0; i < Strangers; i++)
        {
            var stranger = _router.Connect($"stranger {i}", Through("203.0.113.1"));
            _router.Prune(stranger, _now, ulong.MaxValue, Topics);
            _router.RemovePeer(stranger, _now);
        }

        _router.Effects.Clear();
        Assert.Equal(0, GraftsOf(honest, heartbeats: 30));
        Assert.Equal(0, GraftsOf(neighbour, heartbeats: 30));
        Assert.Equal(BackoffTable.MaxPerNetwork + (2 * Topics.Length), _router.BackoffCount);
    }

    [Fact]
    public void Who_is_told_that_this_side_stops_is_to_wait_for_a_second_alone()
    {
        var peer = _router.Connect("peer");
        _router.Graft(peer, _now, Topics);
        _router.Effects.Clear();
        _router.Stop(_now);
        var prunes = _router.Effects.Where(e => e.Kind == GossipEffectKind.Prune).ToArray();
        Assert.Equal(Topics.Order(), prunes.Select(e => e.Topic).Order());
        Assert.All(prunes, e => Assert.Equal(TimeSpan.FromSeconds(1), e.Backoff));
        Assert.Empty(_router.Topics);
    }

    private static string Through(string relay) => $"/ip4/{relay}/tcp/1/p2p/{RouterPeers.Peer("relay " + relay)}/p2p-circuit";

    private void Reconnect(PeerId peer)
    {
        _router.RemovePeer(peer, _now);
        _now += TimeSpan.FromSeconds(2);
        Assert.True(_router.TryAddPeer(peer, 2, isDialed: false, [Multiaddr.Parse("/ip4/192.0.2.1/tcp/1")], _now));
        _router.Greet(peer, 2, _now);
        _router.Effects.Clear();
    }

    private void Flood(int networks)
    {
        for (var i = 0; i < Strangers; i++)
        {
            var network = i % networks;
            var stranger = _router.Connect($"stranger {i}", $"/ip4/10.{network / 256}.{network % 256}.{i % 250}/tcp/1");
            _router.Prune(stranger, _now, ulong.MaxValue, Topics);
            _router.RemovePeer(stranger, _now);
        }

        _router.Effects.Clear();
    }

    private int GraftsOf(PeerId peer, int heartbeats)
    {
        var grafts = 0;
        for (var i = 0; i < heartbeats; i++)
        {
            _router.Heartbeat(_now += TimeSpan.FromSeconds(1));
            grafts += _router.Effects.Count(e => e.Kind == GossipEffectKind.Graft && e.Peer.Equals(peer));
            _router.Effects.Clear();
        }

        return grafts;
    }
}
