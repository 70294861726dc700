using DChat.Libp2p.Identity;
using DChat.Libp2p.Protocols.Gossip;
using DChat.Libp2p.Protocols.Gossip.Routing;
using DChat.Libp2p.Protocols.Gossip.Wire;

namespace DChat.Libp2p.Tests.Protocols.Gossip;

/// <summary>Messages that are asked for and cannot be taken: they must not be sent over and over.</summary>
public sealed class RouterAskingTests
{
    private const string Topic = "t";

    private static readonly GossipMessageId Id = RouterPeers.Id(1);

    private readonly GossipsubOptions _options = new();
    private TimeSpan _now = TimeSpan.FromSeconds(1);

    [Fact]
    public void What_a_peer_has_sent_and_was_not_taken_is_not_asked_of_it_again_and_of_another_it_is()
    {
        var router = Start();
        var (one, other) = (router.Connect("one"), router.Connect("other"));
        Assert.True(IsAsked(router, one));
        router.PassBy(one, Id);
        Assert.Equal(0, router.PromiseCount);
        for (var i = 0; i < _options.HistoryLength; i++)
        {
            Assert.False(IsAsked(router, one));
            router.Heartbeat(_now += TimeSpan.FromSeconds(1));
        }

        Assert.True(IsAsked(router, other));

        // By then honest peers tell about it no longer.
        Assert.True(IsAsked(router, one));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_a_peer_has_sent_and_was_not_taken_is_noted_up_to_a_limit(bool wantsRoom)
    {
        _options.Limits.MaxPendingValidations = 1;
        var router = Start();
        var (peer, other) = (router.Connect("peer"), router.Connect("other"));
        router.Receive(other, RouterPeers.Packet(Topic, 0), _now);
        int[] ids = [.. Enumerable.Range(1, GossipRouter.MaxPassedIds + 1)];
        foreach (var id in ids)
        {
            if (wantsRoom)
            {
                router.Receive(peer, RouterPeers.Packet(Topic, id), _now);
            }
            else
            {
                router.PassBy(peer, RouterPeers.Id(id));
            }
        }

        Tell(router, peer, ids);
        Assert.Equal([RouterPeers.Id(ids[^1])], Asked(router));
    }

    [Fact]
    public void What_there_was_no_room_for_is_asked_for_again_only_when_there_is_some()
    {
        _options.Limits.MaxPendingValidations = 1;
        var router = Start();
        var (one, other) = (router.Connect("one"), router.Connect("other"));
        router.Receive(one, RouterPeers.Packet(Topic, 7), _now);
        Assert.True(IsAsked(router, other));
        router.Receive(other, RouterPeers.Packet(Topic, 1), _now);
        Assert.Equal(1, router.Counters.ValidationsFull);
        Assert.False(IsAsked(router, other));
        router.Decide(RouterPeers.Id(7), GossipVerdict.Accept, _now);
        Assert.True(IsAsked(router, other));
    }

    private GossipRouter Start()
    {
        var router = new GossipRouter(_options, seed: 1);
        router.Join(Topic, _now);
        return router;
    }

    private bool IsAsked(GossipRouter router, PeerId peer)
    {
        Tell(router, peer, 1);
        return Asked(router).Length > 0;
    }

    private void Tell(GossipRouter router, PeerId peer, params int[] ids)
    {
        var rpc = new GossipRpc();
        rpc.Ihave.Add((Topic, [.. ids.Select(RouterPeers.Id)]));
        router.Effects.Clear();
        router.HandleControl(peer, rpc, _now);
    }

    private static GossipMessageId[] Asked(GossipRouter router) =>
        [.. router.Effects.Where(e => e.Kind == GossipEffectKind.Gossip && e.Ids.Kind == GossipKind.Iwant).SelectMany(e => e.Ids.Ids.ToArray())];
}
