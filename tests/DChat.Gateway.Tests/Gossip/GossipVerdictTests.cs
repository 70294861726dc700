using DChat.Core.Envelopes;
using DChat.Core.Topics;
using DChat.Gateway.Gossip;
using DChat.Libp2p.Protocols.Gossipsub;

namespace DChat.Gateway.Tests.Gossip;

public sealed class GossipVerdictTests
{
    private static readonly NetworkOptions Network = new() { Network = "dchat-test", ShardBits = 4 };

    [Fact]
    public void Only_what_every_honest_peer_checks_alike_is_rejected()
    {
        RejectionCode[] rejected =
        [
            RejectionCode.Oversized, RejectionCode.NonCanonical, RejectionCode.WrongNetwork, RejectionCode.WrongShard, RejectionCode.BadSignature,
        ];
        foreach (var code in Enum.GetValues<RejectionCode>())
        {
            var expected = code == RejectionCode.None ? GossipVerdict.Accept
                : rejected.Contains(code) ? GossipVerdict.Reject
                : GossipVerdict.Ignore;
            Assert.Equal((code, expected), (code, GossipVerdicts.Of(code)));
        }
    }

    [Fact]
    public void A_topic_names_network_bits_and_shard()
    {
        Assert.Equal("/dchat/1/dchat-test/4/15", GossipTopics.Of(Network, new ShardId(15)));
        for (ushort shard = 0; shard < Network.ShardCount; shard++)
        {
            Assert.Equal(new ShardId(shard), GossipTopics.TryParse(Network, GossipTopics.Of(Network, new ShardId(shard))));
        }
    }

    [Theory]
    [InlineData("/dchat/1/dchat-test/4/16")]
    [InlineData("/dchat/1/dchat-test/4/01")]
    [InlineData("/dchat/1/dchat-test/4/")]
    [InlineData("/dchat/1/dchat-test/4/-1")]
    [InlineData("/dchat/1/dchat-test/4/1/2")]
    [InlineData("/dchat/1/dchat-test/5/1")]
    [InlineData("/dchat/1/other/4/1")]
    [InlineData("/dchat/2/dchat-test/4/1")]
    [InlineData("")]
    public void Any_other_topic_has_no_shard(string topic) => Assert.Null(GossipTopics.TryParse(Network, topic));
}
