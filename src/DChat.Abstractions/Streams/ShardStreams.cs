using DChat.Core.Topics;

namespace DChat.Abstractions.Streams;

/// <summary>The names of the gossip streams, a data contract between silos and clients.</summary>
public static class ShardStreams
{
    /// <summary>The stream provider's name.</summary>
    public const string Provider = "gossip";

    /// <summary>The stream of a shard.</summary>
    public static StreamId Of(string network, ShardId shard) => StreamId.Create("gossip", $"{network}/{shard}");
}
