using DChat.Core.Envelopes;
using DChat.Core.Topics;

namespace DChat.Core.Segments;

/// <summary>What a sealed segment is of: the messages that one epoch has of one shard and one retention class.</summary>
public readonly record struct SegmentId(EpochId Epoch, ShardId Shard, RetentionClass Class);
