using DChat.Core.Protocol;
using DChat.Core.Topics;

namespace DChat.Core.Tests.Protocol;

public sealed class GossipTopicsTests
{
    private static readonly NetworkOptions Network = new() { Network = "dchat-test", ShardBits = 4 };

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
