using System.Net;
using DChat.Gateway.Gossip;
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
        GossipScores.Configure(options);
        Assert.Equal(0, options.ColocationWeight);

        // 0.07 · 33² is less than 80, and 0.07 · 34² more.
        Assert.InRange(options.GraylistThreshold, topic.Weight * topic.InvalidMessagesWeight * 34 * 34, topic.Weight * topic.InvalidMessagesWeight * 33 * 33);
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
        GossipScores.Configure(options);
        Assert.Equal(isExempt, options.ColocationExempt.Any(network => network.Contains(IPAddress.Parse(address))));
    }
}
