namespace DChat.Abstractions.Streams;

/// <summary>What the stream of a shard group carries: a <see cref="ShardBatch"/> or a <see cref="ShardHeartbeat"/>.</summary>
[GenerateSerializer, Immutable, Alias("dchat.ShardItem")]
public abstract class ShardItem;
