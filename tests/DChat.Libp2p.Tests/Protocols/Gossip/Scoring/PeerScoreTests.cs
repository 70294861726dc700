using System.Net;

namespace DChat.Libp2p.Tests.Protocols.Gossip.Scoring;

/// <summary>P₅ to P₇, and what is remembered of peers that have gone.</summary>
public sealed class PeerScoreTests
{
    [Fact]
    public void The_application_has_its_say_and_is_asked_again_at_every_decay()
    {
        var opinion = 3.0;
        var scored = new Scored(configure: o => (o.ApplicationWeight, o.ApplicationScore) = (2, _ => opinion));
        scored.Add("a");
        Assert.Equal(6, scored.Of("a"));
        opinion = -50;
        Assert.Equal(6, scored.Of("a"));
        scored.Decay();
        Assert.Equal(-100, scored.Of("a"));
        opinion = double.NaN;
        scored.Decay();
        Assert.Equal(0, scored.Of("a"));
    }

    [Fact]
    public void Peers_of_one_address_beyond_the_threshold_cost_each_other_the_square()
    {
        var scored = new Scored(configure: o => (o.ColocationThreshold, o.ColocationWeight) = (2, -5));
        scored.Add("a", "/ip4/1.2.3.4/tcp/1");
        scored.Add("b", "/ip4/1.2.3.4/tcp/2");
        scored.Add("other", "/ip4/1.2.3.5/tcp/1");
        Assert.Equal((0, 0), (scored.Of("a"), scored.Of("b")));
        scored.Add("c", "/ip6/::ffff:1.2.3.4/tcp/3");
        Assert.Equal((-5, -5, -5, 0), (scored.Of("a"), scored.Of("b"), scored.Of("c"), scored.Of("other")));
        scored.Add("d", "/ip4/1.2.3.4/tcp/4");
        Assert.Equal((-20, 0), (scored.Of("a"), scored.Of("other")));
        Assert.Equal(-20, scored.Inspect("a").ColocationScore);
        scored.Remove("c");
        scored.Remove("d");
        Assert.Equal(0, scored.Of("a"));
        foreach (var peer in (string[])["a", "b", "other"])
        {
            scored.Remove(peer);
        }

        Assert.Equal(0, scored.Scores.NetworkCount);
    }

    [Fact]
    public void Wider_networks_have_a_threshold_of_their_own_and_every_network_counts()
    {
        var scored = new Scored(configure: o => (o.ColocationThreshold, o.WideColocationThreshold, o.ColocationWeight) = (2, 3, -1));
        for (var i = 0; i < 4; i++)
        {
            scored.Add($"v4 {i}", $"/ip4/1.2.3.{i}/tcp/1");

            // One /56, and so one /48 too.
            scored.Add($"v6 {i}", $"/ip6/2001:db8:0:{i}::1/tcp/1");
        }

        Assert.Equal(-1, scored.Of("v4 0"));
        Assert.Equal(-2, scored.Of("v6 0"));
        scored.Add("v6 a", "/ip6/2001:db8:0:0::2/tcp/1");
        scored.Add("v6 b", "/ip6/2001:db8:0:0::3/tcp/1");

        // Three in its /64, six in its /56 and its /48.
        Assert.Equal(-(1 + 9 + 9), scored.Of("v6 0"));
        Assert.Equal(-(9 + 9), scored.Of("v6 1"));
    }

    [Fact]
    public void Exempt_networks_and_addresses_without_IP_do_not_count()
    {
        var scored = new Scored(configure: o =>
        {
            o.ColocationThreshold = 1;
            o.ColocationExempt.Add(IPNetwork.Parse("10.0.0.0/8"));
        });
        for (var i = 0; i < 5; i++)
        {
            scored.Add($"v4 {i}", "/ip4/127.0.0.1/tcp/1");
            scored.Add($"v6 {i}", "/ip6/::1/tcp/1");
            scored.Add($"private {i}", "/ip4/10.1.2.3/tcp/1");
            scored.Add($"memory {i}", "/memory/1");
        }

        Assert.All(scored.Scores.Inspect(), peer => Assert.Equal(0, peer.Score));
        Assert.Equal(0, scored.Scores.NetworkCount);
    }

    [Fact]
    public void A_peer_counts_where_its_connections_are()
    {
        var scored = new Scored(configure: o => (o.ColocationThreshold, o.ColocationWeight) = (1, -1));
        scored.Add("a", "/ip4/1.1.1.1/tcp/1", "/ip4/1.1.1.1/tcp/2", "/ip4/2.2.2.2/tcp/1");
        scored.Add("b", "/ip4/1.1.1.1/tcp/3");
        scored.Add("c", "/ip4/2.2.2.2/tcp/3");
        Assert.Equal((-2, -1, -1), (scored.Of("a"), scored.Of("b"), scored.Of("c")));
        scored.Scores.Relocate(Scored.Peer("a"), [Libp2p.Addresses.Multiaddr.Parse("/ip4/2.2.2.2/tcp/1")]);
        Assert.Equal((-1, 0, -1), (scored.Of("a"), scored.Of("b"), scored.Of("c")));

        // Added again, as when an event comes twice, it counts once.
        scored.Add("a", "/ip4/2.2.2.2/tcp/1");
        Assert.Equal(-1, scored.Of("c"));
    }

    [Fact]
    public void Misdeeds_over_the_threshold_count_by_their_square_and_decay()
    {
        var scored = new Scored(configure: o => (o.BehaviourThreshold, o.BehaviourWeight, o.BehaviourDecay) = (2, -3, 0.5));
        scored.Add("a");
        scored.Scores.Penalize(Scored.Peer("a"), 2);
        Assert.Equal(0, scored.Of("a"));
        scored.Scores.Penalize(Scored.Peer("a"), 4);
        Assert.Equal(-3 * 16, scored.Of("a"));
        scored.Decay();
        Assert.Equal(-3, scored.Of("a"));
        scored.Decay();
        Assert.Equal(0, scored.Of("a"));
        scored.Scores.Penalize(Scored.Peer("unknown"), 100);
        Assert.Equal(0, scored.Of("unknown"));
    }

    [Fact]
    public void A_snapshot_has_every_part_and_their_sum()
    {
        var scored = new Scored(
            Scored.Nothing with { FirstDeliveriesWeight = 7, InvalidMessagesWeight = -1 },
            o =>
            {
                (o.ColocationThreshold, o.BehaviourThreshold, o.ApplicationScore, o.TopicScoreCap) = (1, 0, _ => 0.5, 6);
            });
        scored.Add("a", "/ip4/1.1.1.1/tcp/1");
        scored.Add("b", "/ip4/1.1.1.1/tcp/1");
        scored.Deliver("m", "a");
        scored.Scores.Penalize(Scored.Peer("a"), 1);
        var snapshot = scored.Inspect("a");
        Assert.Equal((6, 5, -5, -10), (snapshot.TopicScore, snapshot.ApplicationScore, snapshot.ColocationScore, snapshot.BehaviourScore));
        Assert.Equal(6 + 5 - 5 - 10, snapshot.Score);
        Assert.Equal(snapshot.Score, scored.Of("a"));
        var topic = Assert.Single(snapshot.Topics);
        Assert.Equal(("t", 7, 1), (topic.Topic, topic.Score, topic.FirstDeliveries));
        Assert.Equal(2, scored.Scores.Inspect().Count);
        Assert.Null(scored.Scores.Inspect(Scored.Peer("unknown")));
    }
}
