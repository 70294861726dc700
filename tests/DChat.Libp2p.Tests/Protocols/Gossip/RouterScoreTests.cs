using DChat.Libp2p.Addresses;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Protocols.Gossip;
using DChat.Libp2p.Protocols.Gossip.Routing;
using DChat.Libp2p.Protocols.Gossip.Scoring;
using DChat.Libp2p.Protocols.Gossip.Wire;

namespace DChat.Libp2p.Tests.Protocols.Gossip;

/// <summary>What scores cost and gain in the router. The application's word is the score, where nothing else is said.</summary>
public sealed class RouterScoreTests
{
    private const string Topic = "t";

    private readonly Dictionary<PeerId, double> _opinions = [];
    private readonly GossipsubOptions _options = new() { FloodPublish = false };
    private TimeSpan _now;

    public RouterScoreTests()
    {
        _options.Score.ApplicationWeight = 1;
        _options.Score.ApplicationScore = peer => _opinions.GetValueOrDefault(peer);
    }

    [Fact]
    public void A_graft_is_refused_below_zero_and_taken_at_zero()
    {
        var router = Start();
        var (bad, good) = (Add(router, "bad", -0.001), Add(router, "good", 0));
        router.Graft(bad, _now, Topic);
        router.Graft(good, _now, Topic);
        Assert.Equal([good], router.MeshOf(Topic));
        Assert.Equal([bad], Of(router, GossipEffectKind.Prune));

        // It was told to stay away, and does not: that is a misdeed, and the refusal itself is none.
        router.Graft(bad, _now, Topic);
        Assert.Equal(1, router.Counters.EarlyGrafts);
    }

    [Fact]
    public void A_heartbeat_prunes_whoever_is_below_zero_and_fills_up_with_others()
    {
        var router = Start();
        PeerId[] peers = [.. Enumerable.Range(0, 6).Select(i => Add(router, $"{i}", 0))];
        Beat(router);
        Assert.Equal(6, router.MeshOf(Topic).Count());
        var (worse, spare) = (Add(router, "worse", -1), Add(router, "spare", 0));
        foreach (var peer in peers[..3])
        {
            _opinions[peer] = -1;
        }

        Beat(router);
        Assert.Equal(peers[..3].Order(), Of(router, GossipEffectKind.Prune).Order());
        Assert.Equal(peers[3..].Append(spare).Order(), router.MeshOf(Topic).Order());
        Assert.Equal([spare], Of(router, GossipEffectKind.Graft));
        Assert.DoesNotContain(worse, router.MeshOf(Topic));
    }

    [Fact]
    public void Below_the_gossip_threshold_nothing_is_told_and_nothing_heard()
    {
        (_options.MeshSize, _options.MeshLow, _options.MeshHigh, _options.MeshOutbound) = (0, 0, 0, 0);
        var router = Start();
        var (low, enough) = (Add(router, "low", -10.001), Add(router, "enough", -10));
        router.Publish(RouterPeers.Packet(Topic, 1), _now);
        router.Effects.Clear();
        Beat(router);
        Assert.Equal([enough], Of(router, GossipEffectKind.Gossip));

        foreach (var peer in (PeerId[])[low, enough])
        {
            router.Effects.Clear();
            Control(router, peer, r => r.Ihave.Add((Topic, [RouterPeers.Id(7)])));
            Control(router, peer, r => r.Iwant.Add(RouterPeers.Id(1)));
            Assert.Equal(peer == enough ? [peer] : [], Of(router, GossipEffectKind.Gossip));
            Assert.Equal(peer == enough ? [peer] : [], Of(router, GossipEffectKind.Send));
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Below_the_publish_threshold_own_messages_do_not_go_there(bool flood)
    {
        _options.FloodPublish = flood;
        var router = Start();
        var (_, enough) = (Add(router, "low", -50.001), Add(router, "enough", -50));
        router.Publish(RouterPeers.Packet(Topic, 1), _now);
        Assert.Equal([enough], Of(router, GossipEffectKind.Send));
    }

    [Fact]
    public void Peers_of_a_topic_not_taken_part_in_are_left_when_they_fall_below_the_publish_threshold()
    {
        var router = new GossipRouter(_options, seed: 1);
        var (falls, stays) = (Add(router, "falls", 0), Add(router, "stays", 0));
        router.Publish(RouterPeers.Packet(Topic, 1), _now);
        Assert.Equal([.. new[] { falls, stays }.Order()], Of(router, GossipEffectKind.Send).Order());
        _opinions[falls] = -51;
        Beat(router);
        router.Effects.Clear();
        router.Publish(RouterPeers.Packet(Topic, 2), _now);
        Assert.Equal([stays], Of(router, GossipEffectKind.Send));
    }

    [Fact]
    public void Below_the_graylist_threshold_nothing_is_to_be_read()
    {
        var router = Start();
        var (low, enough) = (Add(router, "low", -80.001), Add(router, "enough", -80));
        Assert.Equal((true, false), (router.IsGraylisted(low), router.IsGraylisted(enough)));
        Assert.False(router.IsGraylisted(RouterPeers.Peer("unknown")));
    }

    [Fact]
    public void A_mesh_that_is_cut_down_keeps_the_best_and_enough_that_this_side_has_dialed()
    {
        var router = Start();
        PeerId[] peers = [.. Enumerable.Range(0, 13).Select(i => Add(router, $"{i}", i, isDialed: i < 4))];
        router.Heartbeat(_now);
        foreach (var peer in peers.Reverse())
        {
            // The first that were dialed are the worst, and go beyond the twelve that strangers may be.
            router.Graft(peer, _now, Topic);
        }

        Assert.Equal(13, router.MeshOf(Topic).Count());
        Beat(router);
        var kept = router.MeshOf(Topic).ToHashSet();
        Assert.Equal(6, kept.Count);
        Assert.Subset(kept, peers[9..].ToHashSet());
        Assert.Equal(2, peers[..4].Count(kept.Contains));
    }

    [Fact]
    public void Every_so_many_heartbeats_a_mesh_of_silent_peers_gets_two_that_are_better()
    {
        var router = Start();
        PeerId[] silent = [.. Enumerable.Range(0, 6).Select(i => Add(router, $"silent {i}", 0))];
        Beat(router);
        Assert.Equal(6, router.MeshOf(Topic).Count());
        PeerId[] better = [.. Enumerable.Range(0, 5).Select(i => Add(router, $"better {i}", 1))];
        Add(router, "no better", 0);
        Beat(router, 58);
        Assert.Equal(6, router.MeshOf(Topic).Count());
        Beat(router);
        Assert.Equal(2, router.MeshOf(Topic).Intersect(better).Count());
        Assert.Equal(8, router.MeshOf(Topic).Count());
        Assert.Superset(silent.ToHashSet(), router.MeshOf(Topic).ToHashSet());
        Beat(router, 60);
        Assert.Equal(4, router.MeshOf(Topic).Intersect(better).Count());
        Beat(router, 60);
        Assert.Equal(5, router.MeshOf(Topic).Intersect(better).Count());
    }

    [Fact]
    public void A_mesh_that_does_well_gets_nobody_new()
    {
        var router = Start();
        for (var i = 0; i < 6; i++)
        {
            Add(router, $"{i}", 20);
        }

        Beat(router);
        Add(router, "better", 100);
        Beat(router, 180);
        Assert.Equal(6, router.MeshOf(Topic).Count());
    }

    [Fact]
    public void Whoever_breaks_promises_is_scored_down_and_nobody_else()
    {
        var router = Start();
        var (liar, honest) = (Add(router, "liar", 0), Add(router, "honest", 0));
        var ids = 0;
        for (var i = 0; i < 12; i++)
        {
            Control(router, liar, r => r.Ihave.Add((Topic, [RouterPeers.Id(1000 + i)])));
            var id = ids++;
            Control(router, honest, r => r.Ihave.Add((Topic, [RouterPeers.Id(id)])));
            router.Receive(honest, RouterPeers.Packet(Topic, id), _now);
            router.Decide(RouterPeers.Id(id), GossipVerdict.Ignore, _now);
            Beat(router);
        }

        // Ten were due, the first of them nine heartbeats ago; each has decayed at once.
        var misdeeds = Enumerable.Range(1, 10).Sum(n => Math.Pow(0.97, n));
        Assert.Equal(-10 * Math.Pow(misdeeds - 6, 2), router.ScoreOf(liar), 9);
        Assert.Equal(0, router.ScoreOf(honest));
    }

    [Fact]
    public void A_forger_is_cut_once_at_the_next_heartbeat_and_again_only_for_new_forgeries()
    {
        var router = Start();
        var forger = Add(router, "forger", 0);
        Forge(router, forger, 0, 5);
        Assert.True(router.IsGraylisted(forger));
        Beat(router);
        Assert.Equal([forger], Of(router, GossipEffectKind.Cut));
        Beat(router);
        Assert.Empty(Of(router, GossipEffectKind.Cut));

        // It comes back: what it did is remembered and decays; a new forgery is one too many.
        router.RemovePeer(forger, _now);
        Beat(router, 600);
        Assert.Equal(-0.5 * 10 * Math.Pow(5 * 0.99 * 0.99, 2), router.ScoreOf(forger), 9);
        router.Connect("forger");
        Beat(router);
        Assert.Empty(Of(router, GossipEffectKind.Cut));
        Assert.True(router.IsGraylisted(forger));
        Beat(router, 30);
        Assert.False(router.IsGraylisted(forger));
        Forge(router, forger, 10, 2);
        Beat(router);
        Assert.Equal([forger], Of(router, GossipEffectKind.Cut));
    }

    [Fact]
    public void With_the_option_off_a_forger_stays_and_is_not_read()
    {
        _options.Score.DisconnectsGraylisted = false;
        var router = Start();
        var forger = Add(router, "forger", 0);
        Forge(router, forger, 0, 100);
        Beat(router);
        Assert.Empty(Of(router, GossipEffectKind.Cut));
        Assert.True(router.IsGraylisted(forger));
    }

    [Fact]
    public void Sybils_of_one_address_are_scored_down_and_not_closed_and_others_keep_their_places()
    {
        var router = Start();
        PeerId[] honest = [.. Enumerable.Range(0, 4).Select(i => Add(router, $"honest {i}", 0, address: $"/ip4/198.51.{i}.1/tcp/1"))];
        PeerId[] sybils = [.. Enumerable.Range(0, 20).Select(i => Add(router, $"sybil {i}", 0, address: "/ip4/203.0.113.1/tcp/1"))];
        foreach (var sybil in sybils)
        {
            router.Graft(sybil, _now, Topic);
        }

        Beat(router);
        Assert.All(sybils, sybil => Assert.Equal(-5 * 10 * 10, router.ScoreOf(sybil)));
        Assert.All(sybils, sybil => Assert.True(router.IsGraylisted(sybil)));
        Assert.Equal(honest.Order(), router.MeshOf(Topic).Order());
        Assert.Empty(Of(router, GossipEffectKind.Cut));
    }

    [Fact]
    public void An_hour_of_messages_that_are_ignored_or_deferred_costs_their_forwarder_nothing()
    {
        var router = Start();
        var (first, second) = (Add(router, "first", 0), Add(router, "second", 0));
        for (var i = 0; i < 3600; i++)
        {
            router.Receive(first, RouterPeers.Packet(Topic, i), _now);
            Assert.True(router.IsDuplicate(second, RouterPeers.Id(i), Topic, _now));
            router.Decide(RouterPeers.Id(i), i % 3 == 0 ? GossipVerdict.Defer : GossipVerdict.Ignore, _now);
            router.Decide(RouterPeers.Id(i), GossipVerdict.Ignore, _now);
            router.IsDuplicate(second, RouterPeers.Id(i), Topic, _now);
            Beat(router);
            Assert.True(router.ScoreOf(first) >= 0 && router.ScoreOf(second) >= 0);
        }

        Assert.Equal(2, router.MeshOf(Topic).Count());
        Assert.Empty(Of(router, GossipEffectKind.Cut));
    }

    private static IEnumerable<PeerId> Of(GossipRouter router, GossipEffectKind kind) => [.. router.Effects.Where(e => e.Kind == kind).Select(e => e.Peer)];

    private GossipRouter Start()
    {
        Assert.Empty(_options.Validate());
        var router = new GossipRouter(_options, seed: 1);
        router.Join(Topic, _now, new TopicScoreOptions { TimeInMeshWeight = 0, FirstDeliveriesWeight = 0 });
        return router;
    }

    private PeerId Add(GossipRouter router, string name, double opinion, bool isDialed = false, string? address = null)
    {
        var peer = RouterPeers.Peer(name);
        _opinions[peer] = opinion;
        Assert.True(router.TryAddPeer(peer, 2, isDialed, address is null ? [] : [Multiaddr.Parse(address)], _now));
        router.Greet(peer, 2, _now);
        router.Subscribe(peer, Topic);
        return peer;
    }

    private void Control(GossipRouter router, PeerId peer, Action<GossipRpc> fill)
    {
        var rpc = new GossipRpc();
        fill(rpc);
        router.HandleControl(peer, rpc, _now);
    }

    private void Forge(GossipRouter router, PeerId peer, int from, int count)
    {
        for (var i = from; i < from + count; i++)
        {
            router.Receive(peer, RouterPeers.Packet(Topic, i), _now);
            router.Decide(RouterPeers.Id(i), GossipVerdict.Reject, _now);
        }
    }

    private void Beat(GossipRouter router, int count = 1)
    {
        for (var i = 0; i < count; i++)
        {
            router.Effects.Clear();
            router.Heartbeat(_now += TimeSpan.FromSeconds(1));
        }
    }
}
