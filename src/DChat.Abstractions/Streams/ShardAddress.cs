using DChat.Core.Topics;

namespace DChat.Abstractions.Streams;

/// <summary>One shard of one network.</summary>
/// <param name="Network">The network's name.</param>
/// <param name="ShardBits">How many bits name a shard of the network, 0–12.</param>
/// <param name="Shard">The shard.</param>
public readonly record struct ShardAddress(string Network, int ShardBits, ShardId Shard)
{
    /// <summary>The group whose stream carries the shard.</summary>
    public int Group => ShardStreams.GroupOf(Shard, ShardBits);

    /// <summary>The text form, as in grain keys.</summary>
    public override string ToString() => $"{Network}/{Shard}";
}
