using DChat.Libp2p.Protocols.Gossip.Scoring;

namespace DChat.Libp2p.Tests.Protocols.Gossip.Scoring;

public sealed class ScoreOptionsTests
{
    public static TheoryData<Action<PeerScoreOptions>, string> Wrong => new()
    {
        { o => o.GossipThreshold = 0.1, "GossipThreshold must be at most 0." },
        { o => o.PublishThreshold = -9, "PublishThreshold must be at most -10." },
        { o => o.GraylistThreshold = -49, "GraylistThreshold must be at most -50." },
        { o => o.GraylistThreshold = double.NegativeInfinity, "GraylistThreshold must be at most -50." },
        { o => o.AcceptExchangeThreshold = -1, "AcceptExchangeThreshold must be at least 0." },
        { o => o.OpportunisticGraftThreshold = -1, "OpportunisticGraftThreshold must be at least 0." },
        { o => o.TopicScoreCap = -1, "TopicScoreCap must be at least 0." },
        { o => o.TopicScoreCap = double.NaN, "TopicScoreCap must be at least 0." },
        { o => o.ApplicationWeight = -1, "ApplicationWeight must be at least 0." },
        { o => o.ColocationWeight = 1, "ColocationWeight must be at most 0." },
        { o => o.ColocationThreshold = 0, "ColocationThreshold must be 1 to 1000000." },
        { o => o.WideColocationThreshold = 9, "WideColocationThreshold must be 10 to 1000000." },
        { o => o.BehaviourWeight = 1, "BehaviourWeight must be at most 0." },
        { o => o.BehaviourThreshold = -1, "BehaviourThreshold must be at least 0." },
        { o => o.BehaviourDecay = 1, "BehaviourDecay must be above 0 and below 1." },
        { o => o.DecayInterval = TimeSpan.FromMilliseconds(999), "DecayInterval must be at least 00:00:01." },
        { o => o.DecayToZero = 0, "DecayToZero must be above 0 and below 1." },
        { o => o.RetainScore = TimeSpan.Zero, "RetainScore must be 00:00:01 to 7.00:00:00." },
        { o => (o.MaxRetainedPeers, o.MaxRetainedPerNetwork) = (1_000_001, 0), "MaxRetainedPeers must be 0 to 1000000." },
        { o => o.MaxRetainedPerNetwork = 4097, "MaxRetainedPerNetwork must be 0 to 4096." },
        { o => o.MaxDeliveryRecords = 1_000_001, "MaxDeliveryRecords must be 0 to 1000000." },
    };

    public static TheoryData<TopicScoreOptions, string> WrongTopics => new()
    {
        { new() { Weight = -1 }, "Weight must be at least 0." },
        { new() { TimeInMeshWeight = -1 }, "TimeInMeshWeight must be at least 0." },
        { new() { TimeInMeshQuantum = TimeSpan.Zero }, "TimeInMeshQuantum must be at least 00:00:00.0000001." },
        { new() { TimeInMeshCap = 0 }, "TimeInMeshCap must be more than 0." },
        { new() { FirstDeliveriesWeight = -1 }, "FirstDeliveriesWeight must be at least 0." },
        { new() { FirstDeliveriesDecay = 1 }, "FirstDeliveriesDecay must be above 0 and below 1." },
        { new() { FirstDeliveriesCap = 0 }, "FirstDeliveriesCap must be more than 0." },
        { new() { MeshDeliveriesWeight = 1 }, "MeshDeliveriesWeight must be at most 0." },
        { new() { MeshDeliveriesDecay = 0 }, "MeshDeliveriesDecay must be above 0 and below 1." },
        { new() { MeshDeliveriesThreshold = 0 }, "MeshDeliveriesThreshold must be more than 0." },
        { new() { MeshDeliveriesCap = 19 }, "MeshDeliveriesCap must be at least 20." },
        { new() { MeshDeliveriesWindow = TimeSpan.FromSeconds(61) }, "MeshDeliveriesWindow must be 00:00:00 to 00:01:00." },
        { new() { MeshDeliveriesActivation = TimeSpan.Zero }, "MeshDeliveriesActivation must be at least 00:00:01." },
        { new() { MeshFailureWeight = 1 }, "MeshFailureWeight must be at most 0." },
        { new() { MeshFailureDecay = double.NaN }, "MeshFailureDecay must be above 0 and below 1." },
        { new() { InvalidMessagesWeight = 1 }, "InvalidMessagesWeight must be at most 0." },
        { new() { InvalidMessagesDecay = 1 }, "InvalidMessagesDecay must be above 0 and below 1." },
    };

    [Fact]
    public void The_defaults_are_valid()
    {
        Assert.Empty(new PeerScoreOptions().Validate());
        Assert.Empty(new TopicScoreOptions().Validate());
    }

    [Theory]
    [MemberData(nameof(Wrong), DisableDiscoveryEnumeration = true)]
    public void An_option_out_of_range_is_named_with_its_range(Action<PeerScoreOptions> change, string fault)
    {
        var options = new PeerScoreOptions();
        change(options);
        Assert.Equal([fault], options.Validate());
    }

    [Theory]
    [MemberData(nameof(WrongTopics), DisableDiscoveryEnumeration = true)]
    public void An_option_of_a_topic_out_of_range_is_named_with_its_range(TopicScoreOptions options, string fault) =>
        Assert.Equal([fault], options.Validate());

    [Fact]
    public void A_decay_makes_a_hundredth_of_a_counter_in_its_time()
    {
        Assert.Equal(0.01, Math.Pow(PeerScoreOptions.DecayOver(TimeSpan.FromMinutes(5)), 300), 12);
        Assert.Equal(0.1, PeerScoreOptions.DecayOver(TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(10)), 12);
        Assert.Throws<ArgumentOutOfRangeException>(() => PeerScoreOptions.DecayOver(TimeSpan.FromMilliseconds(999)));
        Assert.Throws<ArgumentOutOfRangeException>(() => PeerScoreOptions.DecayOver(TimeSpan.FromSeconds(1), TimeSpan.Zero));
    }
}
