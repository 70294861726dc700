using DChat.Libp2p.Protocols.Gossip;

namespace DChat.Libp2p.Tests.Protocols.Gossip;

/// <summary>The way of messages and what is said about them: transcripts of the router.</summary>
public sealed class RouterMessageTests
{
    internal const string Mesh = """
        > peers abc
        > join t
        a <- SUBSCRIBE t
        b <- SUBSCRIBE t
        c <- SUBSCRIBE t
        > a: graft t
        a wants t
        > b: graft t
        b wants t
        > c: graft t
        c wants t

        """;

    [Fact]
    public void An_accepted_message_goes_to_the_mesh_but_to_nobody_who_sent_it() => Transcript.Replay(Mesh + """
        > a: message t m
        validate m of a
        > b: message t m
        > accept m
        c <- m
        > a: message t m
        """);

    [Fact]
    public void Messages_of_other_topics_and_of_strangers_are_dropped()
    {
        var router = Transcript.Replay(Mesh + """
            > a: message u m
            > d: message t m
            """);
        Assert.Equal(1, router.Counters.Unwanted);
    }

    [Fact]
    public void A_large_message_is_declined_at_once_by_those_who_know_how() => Transcript.Replay("""
        > peers abc
        > peers d 1
        > join t
        a <- SUBSCRIBE t
        b <- SUBSCRIBE t
        c <- SUBSCRIBE t
        d <- SUBSCRIBE t
        > a: graft t
        a wants t
        > b: graft t
        b wants t
        > d: graft t
        d wants t
        > a: message t small 1023
        validate small of a
        > a: message t large 1024
        b <- IDONTWANT large
        validate large of a
        """);

    [Fact]
    public void What_a_peer_does_not_want_is_not_sent_to_it_for_three_heartbeats() => Transcript.Replay(Mesh + """
        > b: idontwant m n
        > a: message t m
        validate m of a
        > accept m
        c <- m
        > beat 3
        > a: message t n
        validate n of a
        > accept n
        b <- n
        c <- n
        """);

    [Fact]
    public void Peers_outside_the_mesh_are_told_for_three_heartbeats_and_served_for_five() => Transcript.Replay(Mesh + """
        > peers d
        d <- SUBSCRIBE t
        > d: subscribe t
        d wants t
        > publish t m
        a <- m
        b <- m
        c <- m
        > beat
        d <- IHAVE t m
        > beat
        d <- IHAVE t m
        > beat
        d <- IHAVE t m
        > beat
        > d: iwant m
        d <- m
        > beat
        > d: iwant m
        """, Three);

    [Fact]
    public void A_message_is_sent_to_one_peer_three_times_at_most() => Transcript.Replay(Mesh + """
        > publish t m
        a <- m
        b <- m
        c <- m
        > a: iwant m m
        a <- m
        a <- m
        > a: idontwant m
        > a: iwant m
        a <- m
        > a: iwant m
        > b: iwant m unknown
        b <- m
        """);

    [Fact]
    public void Only_what_is_new_and_of_a_topic_taken_part_in_is_asked_for() => Transcript.Replay(Mesh + """
        > a: message t m
        validate m of a
        > b: ihave t m n
        b <- IWANT n
        > b: ihave u o
        > b: ihave t n n
        b <- IWANT n
        """);

    [Fact]
    public void What_is_told_about_and_not_sent_is_a_broken_promise()
    {
        var router = Transcript.Replay(Mesh + """
            > a: ihave t kept
            a <- IWANT kept
            > b: ihave t broken
            b <- IWANT broken
            > c: ihave t gone
            c <- IWANT gone
            > a: message t kept
            validate kept of a
            > gone c
            c wants t no longer
            > beat 3
            """);
        Assert.Equal((1, 0), (router.Counters.BrokenPromises, router.PromiseCount));
    }

    [Fact]
    public void Ids_are_limited_in_a_heartbeat_each_way()
    {
        var router = Transcript.Replay(Mesh + """
            > a: ihave t m1 m2 m3 m4
            a <- IWANT m1 m2 m3
            > beat
            > a: ihave t m1
            a <- IWANT m1
            > a: ihave t m2
            a <- IWANT m2
            > a: ihave t m3
            > publish t p
            a <- p
            b <- p
            c <- p
            > b: iwant x y p
            b <- p
            > b: iwant p
            > c: idontwant a b c
            > c: idontwant p
            """, o => (o.Limits.MaxIhaveIds, o.Limits.MaxIhaveMessages, o.Limits.MaxIdontwantIds) = (3, 2, 3));

        // m4, the third IHAVE, the fourth id wanted, the fourth not wanted.
        Assert.Equal(4, router.Counters.ControlOverLimit);
    }

    [Fact]
    public void Messages_that_await_a_verdict_are_limited_and_the_one_too_many_may_come_again()
    {
        var router = Transcript.Replay(Mesh + """
            > a: message t m1
            validate m1 of a
            > a: message t m2
            validate m2 of a
            > a: message t m3
            > b: message t m3
            validate m3 of b
            > b: message t m4
            > ignore m1
            > b: message t m4
            validate m4 of b
            """, o => (o.Limits.MaxPendingValidations, o.Limits.MaxPendingValidationsPerPeer) = (3, 2));
        Assert.Equal((2, 3), (router.Counters.ValidationsFull, router.PendingCount));
    }

    [Fact]
    public void Bytes_that_await_a_verdict_are_limited()
    {
        var router = Transcript.Replay(Mesh + """
            > a: message t m1 1000
            b <- IDONTWANT m1
            c <- IDONTWANT m1
            validate m1 of a
            > a: message t m2 10
            > a: message t m3 9
            b <- IDONTWANT m3
            c <- IDONTWANT m3
            validate m3 of a
            """, o => (o.IdontwantMinSize, o.Limits.MaxRpcSent, o.Limits.MaxPendingValidationBytes) = (1, 1024, 1000 + 9 + 9 + 7));
        Assert.Equal(1, router.Counters.ValidationsFull);
        Assert.Equal(1025, router.PendingBytes);
    }

    [Fact]
    public void One_peer_alone_cannot_take_every_place() => Transcript.Replay(Mesh + """
        > a: message t m1 1000
        validate m1 of a
        > a: message t m2 1000
        > b: message t m2 1000
        validate m2 of b
        > accept m1
        b <- m1
        c <- m1
        > a: message t m3 1000
        validate m3 of a
        """, o => (o.Limits.MaxRpcSent, o.Limits.MaxPendingValidationBytesPerPeer) = (1024, 1100));

    [Fact]
    public void Ids_and_messages_remembered_are_limited_and_the_oldest_goes_first()
    {
        var router = Transcript.Replay(Mesh + """
            > publish t m1
            a <- m1
            b <- m1
            c <- m1
            > publish t m2
            a <- m2
            b <- m2
            c <- m2
            > publish t m3
            a <- m3
            b <- m3
            c <- m3
            > a: iwant m1 m2 m3
            a <- m2
            a <- m3
            > publish t m2
            duplicate
            > publish t m1
            a <- m1
            b <- m1
            c <- m1
            """, o => (o.Limits.MaxSeen, o.Limits.MaxCachedMessages) = (2, 2));
        Assert.Equal((2, 2), (router.SeenCount, router.CachedCount));
    }

    [Fact]
    public void An_id_is_remembered_for_its_time() => Transcript.Replay(Mesh + """
        > a: message t m
        validate m of a
        > ignore m
        > beat 119
        > a: message t m
        > beat
        > a: message t m
        validate m of a
        """);

    private static void Three(GossipsubOptions options) =>
        (options.MeshSize, options.MeshLow, options.MeshOutbound) = (3, 3, 1);
}
