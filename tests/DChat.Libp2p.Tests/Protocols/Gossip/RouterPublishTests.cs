using DChat.Libp2p.Protocols.Gossip;

namespace DChat.Libp2p.Tests.Protocols.Gossip;

/// <summary>Where own messages go: transcripts of the router.</summary>
public sealed class RouterPublishTests
{
    [Fact]
    public void What_was_ignored_may_be_published_once_and_what_awaits_its_verdict_has_it_when_it_is_published()
    {
        var router = Transcript.Replay(RouterMessageTests.Mesh + """
            > a: message t m
            validate m of a
            > ignore m
            > publish t m
            a <- m
            b <- m
            c <- m
            > publish t m
            duplicate
            > a: message t n
            validate n of a
            > publish t n
            duplicate
            b <- n
            c <- n
            > ignore n
            > b: message t n
            """);
        Assert.Equal((1, 1, 1), (router.Counters.Accepted, router.Counters.Ignored, router.Counters.Published));
        Assert.Equal(0, router.PendingCount);
    }

    [Fact]
    public void Own_messages_to_a_topic_not_taken_part_in_go_to_the_same_few_for_a_while() => Transcript.Replay("""
        > peers abc
        > all t
        > publish t m1
        a <- m1
        b <- m1
        > publish t m2
        a <- m2
        b <- m2
        > a: unsubscribe t
        a wants t no longer
        > beat
        > publish t m3
        c <- m3
        b <- m3
        > join t
        a <- SUBSCRIBE t
        b <- SUBSCRIBE t
        c <- SUBSCRIBE t
        b <- GRAFT t
        c <- GRAFT t
        """, Two);

    [Fact]
    public void Peers_of_own_messages_are_forgotten_when_nothing_is_published() => Transcript.Replay("""
        > peers a
        > all t
        > publish t m1
        a <- m1
        > a: idontwant m2
        > publish t m2
        > beat 59
        > beat
        """, Two);

    [Fact]
    public void Flooding_sends_own_messages_to_everyone_and_others_to_the_mesh() => Transcript.Replay("""
        > peers abc
        > all t
        > join t
        a <- SUBSCRIBE t
        b <- SUBSCRIBE t
        c <- SUBSCRIBE t
        a <- GRAFT t
        b <- GRAFT t
        > publish t own
        a <- own
        b <- own
        c <- own
        > c: message t other
        validate other of c
        > accept other
        a <- other
        b <- other
        """, o =>
        {
            Two(o);
            o.FloodPublish = true;
        });

    [Fact]
    public void An_own_message_goes_beyond_a_mesh_that_is_not_full() => Transcript.Replay("""
        > peers abc
        > join t
        a <- SUBSCRIBE t
        b <- SUBSCRIBE t
        c <- SUBSCRIBE t
        > all t
        > publish t m
        a <- m
        b <- m
        """, Two);

    [Fact]
    public void A_large_own_message_is_declined_from_the_mesh_before_it_comes_back() => Transcript.Replay("""
        > peers a
        > peers b 1
        > join t
        a <- SUBSCRIBE t
        b <- SUBSCRIBE t
        > a: graft t
        a wants t
        > b: graft t
        b wants t
        > publish t small 1023
        a <- small
        b <- small
        > publish t large 1024
        a <- IDONTWANT large
        a <- large
        b <- large
        """, Two);

    private static void Two(GossipsubOptions options) =>
        (options.MeshSize, options.MeshLow, options.MeshHigh, options.MeshOutbound) = (2, 1, 3, 0);
}
