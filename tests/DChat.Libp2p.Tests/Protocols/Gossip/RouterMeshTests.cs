using DChat.Libp2p.Protocols.Gossip;

namespace DChat.Libp2p.Tests.Protocols.Gossip;

/// <summary>Who is in the mesh: transcripts of the router (gossipsub-v1.0.md, v1.1.md).</summary>
public sealed class RouterMeshTests
{
    [Fact]
    public void A_peer_is_told_of_a_topic_before_it_is_grafted() => Transcript.Replay("""
        > peers ab
        > a: subscribe t
        a wants t
        > join t
        a <- SUBSCRIBE t
        b <- SUBSCRIBE t
        a <- GRAFT t
        > peers c
        c <- SUBSCRIBE t
        > b: subscribe t
        b wants t
        > c: subscribe t
        c wants t
        > beat
        b <- GRAFT t
        c <- GRAFT t
        """);

    [Fact]
    public void A_mesh_is_filled_up_when_it_is_low_and_then_only()
    {
        // D is 3, Dlo 2, Dhi 4.
        Transcript.Replay("""
            > peers abcdef
            > all t
            > join t
            a <- SUBSCRIBE t
            b <- SUBSCRIBE t
            c <- SUBSCRIBE t
            d <- SUBSCRIBE t
            e <- SUBSCRIBE t
            f <- SUBSCRIBE t
            b <- GRAFT t
            a <- GRAFT t
            d <- GRAFT t
            > b: prune t 0
            > beat
            > mesh t
            mesh ad
            > a: unsubscribe t
            a wants t no longer
            > beat
            f <- GRAFT t
            c <- GRAFT t
            > mesh t
            mesh cdf
            """, Small);
    }

    [Fact]
    public void A_stranger_is_refused_when_the_mesh_is_full_and_one_that_was_dialed_is_not() => Transcript.Replay("""
        > peers abcdeXY
        > join t
        a <- SUBSCRIBE t
        b <- SUBSCRIBE t
        c <- SUBSCRIBE t
        d <- SUBSCRIBE t
        e <- SUBSCRIBE t
        X <- SUBSCRIBE t
        Y <- SUBSCRIBE t
        > a: graft t
        a wants t
        > b: graft t
        b wants t
        > c: graft t
        c wants t
        > d: graft t
        d wants t
        > e: graft t
        e <- PRUNE t 60
        > X: graft t
        X wants t
        > Y: graft t
        Y wants t
        > mesh t
        mesh XYabcd
        > beat
        c <- PRUNE t 60
        d <- PRUNE t 60
        Y <- PRUNE t 60
        > mesh t
        mesh Xab
        """, Small);

    [Fact]
    public void A_mesh_of_strangers_gets_one_that_this_side_has_chosen() => Transcript.Replay("""
        > peers abcX
        > join t
        a <- SUBSCRIBE t
        b <- SUBSCRIBE t
        c <- SUBSCRIBE t
        X <- SUBSCRIBE t
        > a: graft t
        a wants t
        > b: graft t
        b wants t
        > c: graft t
        c wants t
        > X: subscribe t
        X wants t
        > beat
        X <- GRAFT t
        """, Small);

    [Fact]
    public void Who_was_pruned_is_asked_again_after_the_backoff_and_a_heartbeat_and_may_ask_after_the_backoff() => Transcript.Replay("""
        > peers a
        > join t
        a <- SUBSCRIBE t
        > a: subscribe t
        a wants t
        > beat
        a <- GRAFT t
        > a: prune t 5
        > beat 5
        > beat
        a <- GRAFT t
        > a: prune t 5
        > beat 4
        > a: graft t
        a <- PRUNE t 60
        > beat 60
        > a: graft t
        > mesh t
        mesh a
        """);

    [Fact]
    public void Grafting_within_a_backoff_is_counted_and_soon_after_the_prune_doubly()
    {
        var router = Transcript.Replay("""
            > peers a
            > join t
            a <- SUBSCRIBE t
            > a: subscribe t
            a wants t
            > a: prune t 0
            > beat 9
            > a: graft t
            a <- PRUNE t 60
            > beat 10
            > a: graft t
            a <- PRUNE t 60
            > mesh t
            mesh 
            """);
        Assert.Equal((2, 1), (router.Counters.EarlyGrafts, router.Counters.GraftFloods));
    }

    [Fact]
    public void A_backoff_outlives_the_connection_and_cannot_be_made_endless()
    {
        var router = Transcript.Replay("""
            > peers a
            > join t
            a <- SUBSCRIBE t
            > a: subscribe t
            a wants t
            > a: prune t 18446744073709551615
            > gone a
            a wants t no longer
            > peers a
            a <- SUBSCRIBE t
            > a: subscribe t
            a wants t
            > beat 3600
            > beat
            a <- GRAFT t
            """);
        Assert.Equal(1, router.BackoffCount);
    }

    [Fact]
    public void Grafts_of_unknown_topics_are_not_answered() => Transcript.Replay("""
        > peers a
        > a: graft t
        > a: prune t 5
        """);

    [Fact]
    public void Leaving_prunes_the_mesh_and_tells_everyone_and_coming_back_waits() => Transcript.Replay("""
        > peers ab
        > a: subscribe t
        a wants t
        > join t
        a <- SUBSCRIBE t
        b <- SUBSCRIBE t
        a <- GRAFT t
        > leave t
        a <- PRUNE t 10
        a <- UNSUBSCRIBE t
        b <- UNSUBSCRIBE t
        > join t
        a <- SUBSCRIBE t
        b <- SUBSCRIBE t
        > beat 10
        > beat
        a <- GRAFT t
        """);

    [Fact]
    public void Who_leaves_the_topic_or_goes_leaves_the_mesh() => Transcript.Replay("""
        > peers ab
        > join t
        a <- SUBSCRIBE t
        b <- SUBSCRIBE t
        > a: graft t
        a wants t
        > b: graft t
        b wants t
        > a: unsubscribe t
        a wants t no longer
        > mesh t
        mesh b
        > gone b
        b wants t no longer
        > mesh t
        mesh 
        """);

    [Fact]
    public void With_a_mesh_of_nobody_every_graft_is_refused() => Transcript.Replay("""
        > peers aX
        > join t
        a <- SUBSCRIBE t
        X <- SUBSCRIBE t
        > a: graft t
        a <- PRUNE t 60
        > X: graft t
        X <- PRUNE t 60
        """, o => (o.MeshSize, o.MeshLow, o.MeshHigh, o.MeshOutbound) = (0, 0, 0, 0));

    [Fact]
    public void Peers_and_their_topics_are_counted()
    {
        var router = Transcript.Replay("""
            > peers abc
            c refused
            > a: subscribe t
            a wants t
            > a: subscribe u
            a wants u
            > a: subscribe v
            > a: unsubscribe t
            a wants t no longer
            > a: subscribe v
            a wants v
            > c: subscribe t
            > gone b
            > peers c
            """, o => (o.Limits.MaxPeers, o.Limits.MaxTopicsPerPeer) = (2, 2));
        Assert.Equal(1, router.Counters.ControlOverLimit);
    }

    [Fact]
    public void Topics_that_the_filter_leaves_out_are_not_kept_account_of() => Transcript.Replay("""
        > peers a
        > a: subscribe no
        > a: subscribe yes
        a wants yes
        """, o => o.TopicFilter = t => t == "yes");

    private static void Small(GossipsubOptions options) =>
        (options.MeshSize, options.MeshLow, options.MeshHigh, options.MeshOutbound) = (3, 2, 4, 1);
}
