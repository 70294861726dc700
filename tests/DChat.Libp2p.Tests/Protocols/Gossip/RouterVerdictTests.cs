using DChat.Libp2p.Protocols.Gossip;

namespace DChat.Libp2p.Tests.Protocols.Gossip;

/// <summary>What becomes of messages that are not accepted: transcripts of the router.</summary>
public sealed class RouterVerdictTests
{
    [Fact]
    public void A_rejected_or_ignored_message_goes_nowhere_and_is_not_judged_again()
    {
        var router = Transcript.Replay(RouterMessageTests.Mesh + """
            > a: message t m
            validate m of a
            > reject m
            > b: message t m
            > a: message t n
            validate n of a
            > ignore n
            > b: message t n
            > publish t m
            duplicate
            """);
        Assert.Equal((1, 1, 2), (router.Counters.Rejected, router.Counters.Ignored, router.Counters.Duplicates));
    }

    [Fact]
    public void A_deferred_message_is_judged_again_as_of_those_who_brought_it_meanwhile_and_of_who_brings_it_later()
    {
        var router = Transcript.Replay(RouterMessageTests.Mesh + """
            > a: message t m
            validate m of a
            > b: message t m
            > defer m
            validate m of b
            > defer m
            > c: message t m
            validate m of c
            > accept m
            a <- m
            b <- m
            > a: message t m
            """);
        Assert.Equal((3, 2, 1), (router.Counters.Received + 1, router.Counters.Deferred, router.Counters.Accepted));
    }

    [Fact]
    public void A_deferred_message_may_be_published()
    {
        var router = Transcript.Replay(RouterMessageTests.Mesh + """
            > a: message t m
            validate m of a
            > defer m
            > publish t m
            a <- m
            b <- m
            c <- m
            """);
        Assert.Equal(1, router.Counters.Published);
    }

    [Fact]
    public void What_one_peer_has_rejected_or_ignored_without_end_does_not_make_accepted_messages_new_again()
    {
        var router = Transcript.Replay(RouterMessageTests.Mesh + """
            > b: message t good
            validate good of b
            > accept good
            a <- good
            c <- good
            > publish t own
            a <- own
            b <- own
            c <- own

            """ + Refused("reject", "a", 1, 20) + Refused("ignore", "a", 21, 40) + """
            > c: message t good
            > c: message t own
            """, o => (o.Limits.MaxSeen, o.Limits.MaxRefused) = (2, 8));
        Assert.Equal((2, 10), (router.Counters.Duplicates, router.SeenCount));
    }

    [Fact]
    public void What_one_peer_has_rejected_without_end_does_not_make_what_others_brought_new_again() => Transcript.Replay(RouterMessageTests.Mesh
        + Refused("reject", "b", 100, 101) + Refused("reject", "a", 1, 20) + """
        > c: message t m100
        > c: message t m101
        """, Few);

    private static string Refused(string verdict, string peer, int first, int last) => string.Concat(Enumerable.Range(first, last - first + 1)
        .Select(n => $"> {peer}: message t m{n}\nvalidate m{n} of {peer}\n> {verdict} m{n}\n"));

    private static void Few(GossipsubOptions options) =>
        (options.Limits.MaxSeen, options.Limits.MaxRefused, options.Limits.MaxRefusedPerPeer) = (8, 8, 4);
}
