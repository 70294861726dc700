using DChat.Core.Topics;

namespace DChat.Client.Cluster;

/// <summary>One shard of one network.</summary>
internal readonly record struct ShardAddress(string Network, ShardId Shard)
{
    public override string ToString() => $"{Network}/{Shard}";
}
