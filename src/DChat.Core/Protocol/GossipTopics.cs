using System.Globalization;
using DChat.Core.Topics;

namespace DChat.Core.Protocol;

/// <summary>The gossipsub topics of a network's shards: <c>/dchat/1/&lt;network&gt;/&lt;shardBits&gt;/&lt;shard&gt;</c> (<c>gossip.md</c>).</summary>
public static class GossipTopics
{
    /// <summary>The topic of a shard.</summary>
    public static string Of(NetworkOptions network, ShardId shard)
    {
        ArgumentNullException.ThrowIfNull(network);
        return Prefix(network) + shard;
    }

    /// <summary>The shard of a topic; null when it is not a topic of this network.</summary>
    public static ShardId? TryParse(NetworkOptions network, string topic)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(topic);
        var prefix = Prefix(network);
        return topic.StartsWith(prefix, StringComparison.Ordinal)
            && ushort.TryParse(topic.AsSpan(prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && number < network.ShardCount
            && topic.Length == prefix.Length + new ShardId(number).ToString().Length
            ? new ShardId(number)
            : null;
    }

    private static string Prefix(NetworkOptions network) =>
        string.Create(CultureInfo.InvariantCulture, $"/dchat/1/{network.Network}/{network.ShardBits}/");
}
