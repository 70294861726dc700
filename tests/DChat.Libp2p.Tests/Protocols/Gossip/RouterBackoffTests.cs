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
