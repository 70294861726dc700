using System.Globalization;
using DChat.Core.Topics;

namespace DChat.Abstractions.Streams;

/// <summary>
/// The names of the streams that carry shard batches, a data contract between silos and clients. Shards share streams in
/// groups, so that a network with thousands of shards has no more than <see cref="MaxGroups"/> subscriptions a process.
/// </summary>
public static class ShardStreams
{
    /// <summary>The stream provider's name, and the namespace of its streams.</summary>
    public const string Provider = "gossip";

    /// <summary>The most groups of a network: a group is the top bits of a shard's number, at most four.</summary>
    public const int MaxGroups = 1 << MaxGroupBits;

    private const int MaxGroupBits = 4;

    /// <summary>The group of a shard, from 0.</summary>
    /// <param name="shard">The shard.</param>
    /// <param name="shardBits">How many bits name a shard of the network, 0–12.</param>
    public static int GroupOf(ShardId shard, int shardBits) => shard.Value >> Math.Max(0, shardBits - MaxGroupBits);

    /// <summary>The stream of a group.</summary>
    public static StreamId Of(string network, int group) =>
        StreamId.Create(Provider, string.Create(CultureInfo.InvariantCulture, $"{network}/{group}"));
}
