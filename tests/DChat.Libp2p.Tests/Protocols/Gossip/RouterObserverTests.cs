using DChat.Libp2p.Addresses;
using DChat.Libp2p.Protocols.Gossip;
using DChat.Libp2p.Protocols.Gossip.Routing;

namespace DChat.Libp2p.Tests.Protocols.Gossip;

/// <summary>What an observer is told of each peer: what scores are made of.</summary>
public sealed class RouterObserverTests
{
    private readonly RecordingObserver _observer = new();

    [Fact]
    public void A_verdict_names_who_brought_the_message_first_and_all_who_brought_it_before_the_verdict_gone_or_not()
    {
        Replay("""
            > a: message t m
            validate m of a
            > b: message t m
            > b: message t m
            > c: message t m
            > gone c
            c wants t no longer
            > accept m
            > b: message t m
            > b: message t n
            validate n of b
            > reject n
            > a: message t n
            > a: message t o
            validate o of a
            > ignore o
            """);
        Assert.Equal(
            ["c Pruned t", "a Accepted t m [bc]", "b Copied t m", "b Rejected t n []", "a Copied t n", "a Ignored t o []"], _observer.Lines.Skip(3));
    }

    [Fact]
    public void Who_brought_a_message_that_was_deferred_for_it_counts_when_it_is_judged_as_of_another()
    {
        Replay("""
            > a: message t m
            validate m of a
            > b: message t m
            > c: message t m
            > gone b
            b wants t no longer
            > defer m
            validate m of c
            > reject m
            """);
        Assert.Equal(["c Rejected t m [ab]"], _observer.Lines.Skip(4));
    }

    [Fact]
    public void Whoever_enters_or_leaves_a_mesh_is_told_of_whatever_the_reason()
    {
        Transcript.Replay("""
            > peers abcd
            > join t
            a <- SUBSCRIBE t
            b <- SUBSCRIBE t
            c <- SUBSCRIBE t
            d <- SUBSCRIBE t
            > a: graft t
            a wants t
            > b: graft t
            b wants t
            > c: graft t
            c wants t
            > d: subscribe t
            d wants t
            > beat
            d <- GRAFT t
            > a: prune t 60
            > b: unsubscribe t
            b wants t no longer
            > gone c
            c wants t no longer
            > leave t
            d <- PRUNE t 10
            a <- UNSUBSCRIBE t
            b <- UNSUBSCRIBE t
            d <- UNSUBSCRIBE t
            """, o => o.Observer = _observer);
        Assert.Equal(
            ["a Grafted t", "b Grafted t", "c Grafted t", "d Grafted t", "a Pruned t", "b Pruned t", "c Pruned t", "d Pruned t"], _observer.Lines);
        Assert.Equal("c Pruned t, c Disconnected", string.Join(", ", _observer.LinesOf(e => e.Peer.Equals(RouterPeers.Peer("c"))).TakeLast(2)));
    }

    [Fact]
    public void Rules_that_are_broken_are_told_with_the_peer_how_often_and_when()
    {
        Replay("""
            > a: ihave t m1 m2 m3 m4
            a <- IWANT m1 m2 m3
            > b: iwant x y z p
            > b: iwant p
            > c: idontwant m n o p q
            > beat 3
            > a: prune t 60
            > a: graft t
            a <- PRUNE t 60
            > beat 10
            > a: graft t
            a <- PRUNE t 60
            > a: subscribe u
            a wants u
            > a: subscribe v
            """, o => (o.Limits.MaxIhaveIds, o.Limits.MaxIdontwantIds, o.Limits.MaxTopicsPerPeer) = (3, 3, 2));
        Assert.Equal(
            [
                "a Misbehaved IhaveExcess 1 at 0", "b Misbehaved IwantExcess 1 at 0", "b Misbehaved IwantExcess 1 at 0",
                "c Misbehaved IdontwantExcess 2 at 0", "a Misbehaved BrokenPromise 1 at 3", "a Pruned t",
                "a Misbehaved EarlyGraft 1 at 3", "a Misbehaved GraftFlood 1 at 3", "a Misbehaved EarlyGraft 1 at 13",
                "a Misbehaved EntryExcess 1 at 13",
            ],
            _observer.Lines.Skip(3));
    }

    [Fact]
    public void A_message_that_there_was_no_room_for_is_no_broken_promise()
    {
        Replay("""
            > a: message t m
            validate m of a
            > a: ihave t n
            a <- IWANT n
            > a: message t n
            > beat 3
            """, o => o.Limits.MaxPendingValidations = 1);
        Assert.Equal(3, _observer.Lines.Count);
    }

    [Fact]
    public void Who_comes_goes_and_moves_is_told_with_direction_and_addresses()
    {
        var router = new GossipRouter(new GossipsubOptions { Observer = _observer }, seed: 1);
        var a = RouterPeers.Peer("a");
        Multiaddr[] first = [Multiaddr.Parse("/ip4/192.0.2.1/tcp/1")];
        Multiaddr[] both = [.. first, Multiaddr.Parse("/ip4/192.0.2.2/tcp/2")];
        Assert.True(router.TryAddPeer(a, 2, isDialed: false, first, TimeSpan.Zero));
        Assert.True(router.TryAddPeer(a, 2, isDialed: true, both, TimeSpan.Zero));
        router.Relocate(a, isDialed: false, first, TimeSpan.Zero);
        router.Relocate(a, isDialed: true, both, TimeSpan.Zero);
        router.RemovePeer(a, TimeSpan.Zero);
        router.RemovePeer(a, TimeSpan.Zero);
        Assert.Equal(
            ["a Connected dialing /ip4/192.0.2.1/tcp/1", "a Relocated dialed /ip4/192.0.2.1/tcp/1 /ip4/192.0.2.2/tcp/2", "a Disconnected"],
            _observer.LinesOf(_ => true));
    }

    private void Replay(string text, Action<GossipsubOptions>? configure = null) => Transcript.Replay(RouterMessageTests.Mesh + text, o =>
    {
        o.Observer = _observer;
        configure?.Invoke(o);
    });
}
