using System.Net;
using DChat.Gateway.Gossip;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Protocols.Gossip.Scoring;

namespace DChat.Gateway.Tests.Gossip;

public sealed class GossipScoreTests
{
    [Fact]
    public void Only_forgeries_count_and_neither_silence_nor_neighbours_cost_anything()
    {
        var topic = GossipScores.OfShard;
        Assert.Equal((0, 0), (topic.MeshDeliveriesWeight, topic.MeshFailureWeight));
        Assert.Equal((0, 0), (topic.TimeInMeshWeight, topic.FirstDeliveriesWeight));
        var options = new PeerScoreOptions();
        GossipScores.Configure(options, _ => false);
        Assert.Equal(0, options.ColocationWeight);

        // 0.07 · 33² is less than 80, and 0.07 · 34² more.
        Assert.InRange(options.GraylistThreshold, topic.Weight * topic.InvalidMessagesWeight * 34 * 34, topic.Weight * topic.InvalidMessagesWeight * 33 * 33);
    }

    /// <summary>What a relay tells of when it prunes is followed from a score on that no conduct gives: the operator's word does.</summary>
    [Fact]
    public void A_relay_that_the_operator_vouches_for_is_worth_enough_to_tell_of_others_and_not_enough_to_forge()
    {
        var vouched = PeerId.FromBytes([0x12, 0x20, .. new byte[32]]);
        var other = PeerId.FromBytes([0x12, 0x20, .. new byte[31], 1]);
        var options = new PeerScoreOptions();
        GossipScores.Configure(options, vouched.Equals);
        Assert.Equal(0, options.ApplicationScore!(other));
        Assert.Equal(options.AcceptExchangeThreshold, options.ApplicationWeight * options.ApplicationScore(vouched));

        // Two forgeries more than of others, and closing goes by conduct alone.
        Assert.True(10 + (GossipScores.OfShard.InvalidMessagesWeight * 36 * 36) < options.GraylistThreshold);
    }

    [Theory]
    [InlineData("127.0.0.1", true)]
    [InlineData("192.168.1.1", true)]
    [InlineData("172.31.0.1", true)]
    [InlineData("100.64.0.1", true)]
    [InlineData("fd00::1", true)]
    [InlineData("172.32.0.1", false)]
    [InlineData("203.0.113.1", false)]
    public void A_refusal_counts_in_public_networks_alone(string address, bool isExempt)
    {
        var options = new PeerScoreOptions();
        GossipScores.Configure(options, _ => false);
        Assert.Equal(isExempt, options.ColocationExempt.Any(network => network.Contains(IPAddress.Parse(address))));
    }
}
