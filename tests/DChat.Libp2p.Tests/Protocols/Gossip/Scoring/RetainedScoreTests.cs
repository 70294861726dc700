using DChat.Libp2p.Protocols.Gossip.Scoring;

namespace DChat.Libp2p.Tests.Protocols.Gossip.Scoring;

/// <summary>What is remembered of peers that have gone.</summary>
public sealed class RetainedScoreTests
{
    private static readonly TopicScoreOptions Invalid = Scored.Nothing with { InvalidMessagesWeight = -1, InvalidMessagesDecay = 0.5, FirstDeliveriesWeight = 1 };

    [Fact]
    public void A_negative_score_is_there_again_after_a_reconnect_and_does_not_decay_meanwhile()
    {
        var scored = new Scored(Invalid);
        scored.Add("a");
        scored.Reject("m", "a");
        scored.Reject("n", "a");
        scored.Remove("a");
        scored.Decay(60);
        Assert.Equal(-4, scored.Of("a"));
        Assert.False(scored.Inspect("a").IsConnected);

        scored.Add("a");
        Assert.Equal(-4, scored.Of("a"));
        Assert.Equal((true, 0), (scored.Inspect("a").IsConnected, scored.Scores.RetainedCount));
        scored.Decay();
        Assert.Equal(-1, scored.Of("a"));
    }

    [Fact]
    public void A_negative_score_is_forgotten_after_its_time()
    {
        var scored = new Scored(Invalid, o => o.RetainScore = TimeSpan.FromMinutes(10));
        scored.Add("a");
        scored.Reject("m", "a");
        scored.Remove("a");
        scored.Decay(599);
        Assert.Equal(-1, scored.Of("a"));
        scored.Decay();
        Assert.Equal(0, scored.Of("a"));
        Assert.Empty(scored.Scores.Inspect());
    }

    [Fact]
    public void A_score_that_is_not_negative_is_dropped_and_so_is_what_was_done_well()
    {
        var scored = new Scored(Invalid);
        scored.Add("good");
        scored.Add("mixed");
        scored.Deliver("m", "good");
        scored.Reject("n", "good");
        Assert.Equal(0, scored.Of("good"));
        scored.Deliver("o", "mixed");
        scored.Reject("p", "mixed");
        scored.Reject("q", "mixed");
        Assert.Equal(1 - 4, scored.Of("mixed"));
        scored.Remove("good");
        scored.Remove("mixed");
        Assert.Equal((0, -4), (scored.Of("good"), scored.Of("mixed")));
        Assert.Equal(1, scored.Scores.RetainedCount);
    }

    [Fact]
    public void What_neighbours_and_the_application_add_is_not_held_against_a_peer_that_has_gone()
    {
        var scored = new Scored(configure: o => (o.ColocationThreshold, o.ApplicationScore) = (1, _ => -10));
        scored.Add("a", "/ip4/1.1.1.1/tcp/1");
        scored.Add("b", "/ip4/1.1.1.1/tcp/2");
        Assert.Equal(-105, scored.Of("a"));
        scored.Remove("a");
        Assert.Equal(0, scored.Of("a"));
        Assert.Equal(0, scored.Inspect("b").ColocationScore);
    }

    [Fact]
    public void Leaving_does_not_escape_the_penalty_for_what_was_missing_in_the_mesh()
    {
        var topic = Scored.Nothing with { MeshDeliveriesWeight = -1, MeshFailureWeight = -1, MeshDeliveriesThreshold = 3, MeshDeliveriesActivation = TimeSpan.FromSeconds(1) };
        var scored = new Scored(topic);
        scored.Add("a");
        scored.Graft("a");
        scored.Decay(2);
        Assert.Equal(-9, scored.Of("a"));
        scored.Remove("a");
        scored.Add("a");
        Assert.Equal((-9, 9), (scored.Of("a"), scored.InTopic("a").MeshFailures));
    }

    [Fact]
    public void Who_sends_forgeries_and_leaves_before_the_verdict_is_charged_all_the_same()
    {
        var scored = new Scored(Invalid);
        scored.Add("a");
        scored.Remove("a");
        scored.Reject("m", "a");
        scored.Reject("n", "a");
        Assert.Equal((-4, 1), (scored.Of("a"), scored.Scores.RetainedCount));
        scored.Add("a");
        Assert.Equal(-4, scored.Of("a"));
    }

    [Fact]
    public void When_too_many_are_remembered_the_least_harmful_is_forgotten()
    {
        var scored = new Scored(Invalid, o => (o.MaxRetainedPeers, o.MaxRetainedPerNetwork) = (3, 3));
        foreach (var (peer, misdeeds) in ((string, int)[])[("worst", 4), ("bad", 2), ("worse", 3)])
        {
            Leave(scored, peer, misdeeds, "/memory/1");
        }

        Assert.Equal(3, scored.Scores.RetainedCount);
        Leave(scored, "mild", 1, "/memory/1");
        Assert.Equal((0, -4, -9, -16), (scored.Of("mild"), scored.Of("bad"), scored.Of("worse"), scored.Of("worst")));
        Leave(scored, "worse too", 3, "/memory/1");
        Assert.Equal((0, -9, -9, -16), (scored.Of("bad"), scored.Of("worse"), scored.Of("worse too"), scored.Of("worst")));
        Assert.Equal(3, scored.Scores.RetainedCount);
        Assert.Equal(3, scored.Scores.Inspect().Count);
    }

    [Fact]
    public void One_network_has_a_share_of_the_memory_and_pushes_out_nobody_else()
    {
        var scored = new Scored(Invalid, o => (o.MaxRetainedPeers, o.MaxRetainedPerNetwork) = (4, 2));
        Leave(scored, "victim's neighbour", 1, "/ip4/2.2.2.2/tcp/1");
        for (var i = 0; i < 100; i++)
        {
            Leave(scored, $"sybil {i}", 2 + (i % 3), "/ip4/1.1.1.1/tcp/1");
        }

        Assert.Equal(-1, scored.Of("victim's neighbour"));
        Assert.Equal(3, scored.Scores.RetainedCount);
        Assert.Equal([-16, -16], scored.Scores.Inspect().Select(p => p.Score).Order().Take(2));
    }

    [Fact]
    public void Nobody_is_remembered_when_there_is_no_room_at_all()
    {
        var scored = new Scored(Invalid, o => (o.MaxRetainedPeers, o.MaxRetainedPerNetwork) = (0, 0));
        Leave(scored, "a", 3, "/ip4/1.1.1.1/tcp/1");
        Leave(scored, "b", 3, "/memory/1");
        Assert.Equal((0, 0, 0), (scored.Of("a"), scored.Of("b"), scored.Scores.RetainedCount));
    }

    [Fact]
    public void Verdicts_are_remembered_up_to_their_limit_accepted_and_rejected_apart()
    {
        var scored = new Scored(Invalid with { MeshDeliveriesWeight = -1, MeshDeliveriesWindow = TopicScoreOptions.MaxWindow }, o => o.MaxDeliveryRecords = 2);
        scored.Add("a");
        scored.Add("b");
        scored.Graft("b");
        scored.Deliver("good", "a");
        for (var i = 0; i < 10; i++)
        {
            scored.Reject($"bad {i}", "a");
        }

        Assert.Equal(3, scored.Scores.RecordCount);
        scored.Copy("bad 7", "b");
        Assert.Equal(0, scored.InTopic("b").InvalidMessages);
        scored.Copy("bad 8", "b");
        scored.Copy("bad 9", "b");
        scored.Copy("good", "b");
        Assert.Equal((2, 1), (scored.InTopic("b").InvalidMessages, scored.InTopic("b").MeshDeliveries));
    }

    private static void Leave(Scored scored, string peer, int misdeeds, string address)
    {
        scored.Add(peer, address);
        for (var i = 0; i < misdeeds; i++)
        {
            scored.Reject($"{peer} {i}", peer);
        }

        scored.Remove(peer);
    }
}
