using DChat.Libp2p.Protocols.Gossip.Scoring;

namespace DChat.Libp2p.Tests.Protocols.Gossip.Scoring;

/// <summary>P₁ to P₄; every number is worked out by hand from the formula.</summary>
public sealed class TopicScoreTests
{
    [Fact]
    public void Time_in_the_mesh_counts_in_whole_quanta_up_to_its_cap()
    {
        var scored = new Scored(Scored.Nothing with
        {
            Weight = 0.5,
            TimeInMeshWeight = 2,
            TimeInMeshQuantum = TimeSpan.FromSeconds(2),
            TimeInMeshCap = 10,
        });
        scored.Add("a");
        scored.Decay(100);
        Assert.Equal(0, scored.Of("a"));

        scored.Graft("a");
        Assert.Equal(0, scored.Of("a"));
        scored.Decay(5);
        Assert.Equal(0.5 * 2 * 2, scored.Of("a"));
        scored.Decay(14);
        Assert.Equal(0.5 * 2 * 9, scored.Of("a"));
        scored.Decay(2);
        Assert.Equal(0.5 * 2 * 10, scored.Of("a"));
        scored.Decay(100);
        Assert.Equal(0.5 * 2 * 10, scored.Of("a"));

        scored.Prune("a");
        Assert.Equal(0, scored.Of("a"));
        scored.Graft("a");
        scored.Decay(2);
        Assert.Equal(0.5 * 2 * 1, scored.Of("a"));
    }

    [Fact]
    public void First_deliveries_count_up_to_their_cap_and_decay_to_nothing()
    {
        var scored = new Scored(Scored.Nothing with { FirstDeliveriesWeight = 3, FirstDeliveriesDecay = 0.5, FirstDeliveriesCap = 4 });
        scored.Add("a");
        scored.Add("b");
        for (var i = 0; i < 3; i++)
        {
            scored.Deliver($"m{i}", "a", "b");
        }

        Assert.Equal((9, 0), (scored.Of("a"), scored.Of("b")));
        scored.Deliver("m3", "a");
        scored.Deliver("m4", "a");
        Assert.Equal(12, scored.Of("a"));
        scored.Decay();
        Assert.Equal(6, scored.Of("a"));
        scored.Decay(4);
        Assert.Equal(3 * 0.125, scored.Of("a"));

        // 0.0625 is below the threshold of 0.1.
        scored.Decay();
        Assert.Equal(0, scored.Of("a"));
        Assert.Empty(scored.Inspect("a").Topics);
    }

    [Fact]
    public void A_peer_of_the_mesh_that_brings_too_little_is_punished_by_the_square_after_the_activation()
    {
        var scored = new Scored(MeshDeliveries);
        foreach (var peer in (string[])["first", "near", "late", "silent", "outside"])
        {
            scored.Add(peer);
        }

        foreach (var peer in (string[])["first", "near", "late", "silent"])
        {
            scored.Graft(peer);
        }

        // 5 messages; nothing decays before the first interval is over.
        for (var i = 0; i < 5; i++)
        {
            scored.Deliver($"m{i}", "first", "near", "outside");
        }

        scored.Wait(TimeSpan.FromMilliseconds(11));
        for (var i = 0; i < 5; i++)
        {
            scored.Copy($"m{i}", "late");
        }

        Assert.Equal(5, scored.InTopic("first").MeshDeliveries);
        Assert.Equal(5, scored.InTopic("near").MeshDeliveries);
        Assert.Equal(0, scored.InTopic("late").MeshDeliveries);
        scored.Decay(2);
        Assert.Equal(0, scored.Of("silent"));

        // Longer than 3 s in the mesh: 20 - 5·0.9³ = 16.355, and 20 - 0.
        scored.Decay();
        Assert.Equal(-Math.Pow(20 - 3.645, 2), scored.Of("first"), 9);
        Assert.Equal(scored.Of("first"), scored.Of("near"), 9);
        Assert.Equal(-400, scored.Of("late"));
        Assert.Equal(-400, scored.Of("silent"));
        Assert.Equal(0, scored.Of("outside"));
    }

    [Fact]
    public void At_the_threshold_of_mesh_deliveries_nothing_is_missing_and_beyond_the_cap_nothing_is_gained()
    {
        var scored = new Scored(MeshDeliveries with { MeshDeliveriesCap = 25 });
        scored.Add("a");
        scored.Graft("a");
        scored.Decay(4);
        Assert.Equal(-400, scored.Of("a"));
        Deliver(0, 19);
        Assert.Equal(-1, scored.Of("a"));
        Deliver(19, 20);
        Assert.Equal(0, scored.Of("a"));
        Deliver(20, 40);
        Assert.Equal((0, 25), (scored.Of("a"), scored.InTopic("a").MeshDeliveries));

        void Deliver(int from, int to)
        {
            for (var i = from; i < to; i++)
            {
                scored.Deliver($"m{i}", "a");
            }
        }
    }

    [Fact]
    public void A_copy_counts_once_and_only_within_the_window_after_the_verdict()
    {
        var scored = new Scored(MeshDeliveries with { MeshDeliveriesWindow = TimeSpan.FromMilliseconds(10) });
        foreach (var peer in (string[])["a", "b", "c"])
        {
            scored.Add(peer);
            scored.Graft(peer);
        }

        scored.Deliver("m", "a", "a", "b");
        scored.Wait(TimeSpan.FromMilliseconds(10));
        scored.Copy("m", "a");
        scored.Copy("m", "b");
        scored.Copy("m", "c");
        scored.Copy("m", "c");
        Assert.Equal((1, 1, 1), (scored.InTopic("a").MeshDeliveries, scored.InTopic("b").MeshDeliveries, scored.InTopic("c").MeshDeliveries));

        scored.Deliver("n", "a");
        scored.Wait(TimeSpan.FromMilliseconds(10.0001));
        scored.Copy("n", "c");
        Assert.Equal(1, scored.InTopic("c").MeshDeliveries);
    }

    [Fact]
    public void What_was_missing_at_the_prune_sticks_and_decays()
    {
        var scored = new Scored(MeshDeliveries with { MeshDeliveriesWeight = 0, MeshFailureWeight = -2, MeshFailureDecay = 0.5 });
        scored.Add("a");
        scored.Add("b");
        scored.Graft("a");
        scored.Graft("b");
        scored.Decay(3);
        scored.Prune("b");
        scored.Decay();
        Assert.Equal(0, scored.Of("a"));

        // a: 20² at the prune; b left before it counted.
        scored.Prune("a");
        Assert.Equal((-2 * 400, 0), (scored.Of("a"), scored.Of("b")));
        scored.Decay();
        Assert.Equal(-2 * 200, scored.Of("a"));

        // Again in the mesh, and again out before it counts: nothing is added.
        scored.Graft("a");
        scored.Decay();
        scored.Prune("a");
        Assert.Equal(-2 * 100, scored.Of("a"));
    }

    [Fact]
    public void In_a_quiet_topic_nobody_is_punished_by_the_defaults()
    {
        var scored = new Scored(new TopicScoreOptions());
        scored.Add("a");
        scored.Graft("a");
        scored.Decay(3600);
        scored.Prune("a");
        Assert.Equal(0, scored.Of("a"));
        Assert.Equal(0, scored.Scores.RecordCount);
    }

    [Fact]
    public void Invalid_messages_count_by_their_square_for_everyone_that_brings_them()
    {
        var scored = new Scored(Scored.Nothing with { Weight = 0.5, InvalidMessagesWeight = -10, InvalidMessagesDecay = 0.9 });
        foreach (var peer in (string[])["a", "b", "c"])
        {
            scored.Add(peer);
        }

        scored.Reject("m0", "a", "a", "b");
        scored.Reject("m1", "a");
        scored.Reject("m2", "a");
        Assert.Equal((0.5 * -10 * 9, 0.5 * -10, 0), (scored.Of("a"), scored.Of("b"), scored.Of("c")));

        // Later copies count too, each of them, as long as the verdict is remembered.
        scored.Copy("m0", "c");
        scored.Copy("m0", "c");
        Assert.Equal(0.5 * -10 * 4, scored.Of("c"));
        scored.Decay();
        Assert.Equal(0.5 * -10 * Math.Pow(2.7, 2), scored.Of("a"), 9);
        scored.Decay(119);
        scored.Copy("m1", "b");
        Assert.Equal(0.5 * -10, scored.Of("b"), 9);
        scored.Decay();
        scored.Copy("m1", "b");
        Assert.Equal(0.5 * -10 * 0.81, scored.Of("b"), 9);
        Assert.Equal(0, scored.Scores.RecordCount);
    }

    [Fact]
    public void A_forged_signature_counts_and_says_nothing_about_the_id()
    {
        var scored = new Scored(Scored.Nothing with { InvalidMessagesWeight = -1 });
        scored.Add("a");
        scored.Add("b");
        scored.Scores.RejectUnnamed(Scored.Topic, Scored.Peer("a"), scored.Now);
        scored.Copy("m", "b");
        Assert.Equal((-1, 0), (scored.Of("a"), scored.Of("b")));
    }

    [Fact]
    public void Only_topics_with_options_count_and_they_are_added_up_with_their_weights()
    {
        var scored = new Scored(Scored.Nothing with { Weight = 2, FirstDeliveriesWeight = 1 });
        scored.Scores.Join("u", Scored.Nothing with { Weight = 3, InvalidMessagesWeight = -1 });
        scored.Add("a");
        scored.Deliver("m", "a");
        scored.Scores.Reject(Scored.Id("n"), "u", Scored.Peer("a"), [], scored.Now);
        scored.Scores.Reject(Scored.Id("o"), "unscored", Scored.Peer("a"), [], scored.Now);
        scored.Scores.RejectUnnamed("unscored", Scored.Peer("a"), scored.Now);
        scored.Scores.Graft(Scored.Peer("a"), "unscored", scored.Now);
        Assert.Equal((2 * 1) + (3 * -1), scored.Of("a"));
        Assert.Equal(["t", "u"], scored.Inspect("a").Topics.Select(t => t.Topic));
    }

    [Fact]
    public void What_speaks_against_a_peer_in_a_topic_that_was_left_decays_as_before()
    {
        var scored = new Scored(Scored.Nothing with { InvalidMessagesWeight = -1, InvalidMessagesDecay = 0.5 });
        scored.Add("a");
        scored.Reject("m", "a");
        scored.Scores.Leave(Scored.Topic);
        scored.Reject("n", "a");
        Assert.Equal(-1, scored.Of("a"));
        scored.Decay();
        Assert.Equal(-0.25, scored.Of("a"));
        scored.Decay(4);
        Assert.Empty(scored.Inspect("a").Topics);
    }

    [Fact]
    public void The_cap_bounds_what_topics_give_and_not_what_they_cost()
    {
        var topic = Scored.Nothing with { FirstDeliveriesWeight = 1, InvalidMessagesWeight = -10 };
        var scored = new Scored(topic, o => o.TopicScoreCap = 10);
        scored.Add("a");
        for (var i = 0; i < 15; i++)
        {
            scored.Deliver($"m{i}", "a");
        }

        Assert.Equal(10, scored.Of("a"));
        scored.Reject("n0", "a");
        Assert.Equal(15 - 10, scored.Of("a"));
        scored.Reject("n1", "a");
        Assert.Equal(15 - 40, scored.Of("a"));
    }

    [Fact]
    public void A_decay_that_comes_late_makes_up_for_what_was_missed()
    {
        var topic = Scored.Nothing with { FirstDeliveriesWeight = 1, FirstDeliveriesDecay = 0.5 };
        var (steady, late) = (new Scored(topic), new Scored(topic));
        foreach (var scored in (Scored[])[steady, late])
        {
            scored.Add("a");
            scored.Deliver("m", "a");
            scored.Deliver("n", "a");
        }

        steady.Decay(3);
        late.Wait(TimeSpan.FromSeconds(2));
        late.Decay();
        Assert.Equal((0.25, 0.25), (steady.Of("a"), late.Of("a")));

        // The remainder of an interval is not lost.
        late.Wait(TimeSpan.FromSeconds(0.5));
        late.Scores.Decay(late.Now);
        Assert.Equal(0.25, late.Of("a"));
        late.Wait(TimeSpan.FromSeconds(0.5));
        late.Scores.Decay(late.Now);
        Assert.Equal(0.125, late.Of("a"));
    }

    /// <summary>Only P₃ counts, with 20 messages expected after 3 s.</summary>
    private static TopicScoreOptions MeshDeliveries => Scored.Nothing with
    {
        MeshDeliveriesWeight = -1,
        MeshDeliveriesThreshold = 20,
        MeshDeliveriesDecay = 0.9,
        MeshDeliveriesActivation = TimeSpan.FromSeconds(3),
    };
}
