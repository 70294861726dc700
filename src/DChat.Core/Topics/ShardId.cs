using System.Globalization;

namespace DChat.Core.Topics;

/// <summary>A partition of the topic tag space: the top <c>shardBits</c> bits of a <see cref="TopicTag"/>.</summary>
/// <param name="Value">0 to 2^shardBits − 1.</param>
public readonly record struct ShardId(ushort Value)
{
    /// <summary>The most shard bits a network may use (4,096 shards).</summary>
    public const int MaxBits = 12;

    /// <summary>The shard's number in decimal, as it stands in topic names and grain keys.</summary>
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}
