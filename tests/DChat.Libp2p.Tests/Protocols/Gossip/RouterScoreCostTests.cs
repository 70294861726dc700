using DChat.Libp2p.Protocols.Gossip;
using DChat.Libp2p.Protocols.Gossip.Routing;

namespace DChat.Libp2p.Tests.Protocols.Gossip;

/// <summary>How often scores are computed: for 1,000 peers and 256 topics it must not be for each of each.</summary>
public sealed class RouterScoreCostTests
{
    private const int Peers = 50;
    private const int Topics = 16;

    private readonly GossipRouter _router;
    private TimeSpan _now;

    public RouterScoreCostTests()
    {
        var options = new GossipsubOptions { PeerExchange = true };
        options.Score.DisconnectsGraylisted = false;
        _router = new GossipRouter(options, seed: 1);
        string[] topics = [.. Enumerable.Range(0, Topics).Select(i => $"t{i}")];
        Array.ForEach(topics, topic => _router.Join(topic, _now));
        for (var i = 0; i < Peers; i++)
        {
            _router.Subscribe(_router.Connect($"{i}", $"/ip4/10.{i}.0.1/tcp/1"), topics);
        }
    }

    [Fact]
    public void A_heartbeat_computes_the_score_of_each_peer_once_however_many_topics_it_wants()
    {
        var before = _router.ComputedScores;
        _router.Heartbeat(_now += TimeSpan.FromSeconds(1));
        Assert.Equal(Topics * 6, _router.Effects.Count(e => e.Kind == GossipEffectKind.Graft));
        Assert.Equal(Peers, _router.ComputedScores - before);
    }

    [Fact]
    public void Publishing_computes_no_score()
    {
        var before = _router.ComputedScores;
        _router.Publish(RouterPeers.Packet("t0", 1), _now);
        Assert.Equal(Peers, _router.Effects.Count(e => e.Kind == GossipEffectKind.Send));
        Assert.Equal(0, _router.ComputedScores - before);
    }
}
