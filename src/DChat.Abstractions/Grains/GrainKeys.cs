using DChat.Core.Topics;

namespace DChat.Abstractions.Grains;

/// <summary>The one place that forms grain keys.</summary>
public static class GrainKeys
{
    /// <summary>The key of a <see cref="ISyncShardGrain"/>.</summary>
    public static string Shard(string network, ShardId shard) => $"{network}/{shard}";
}
