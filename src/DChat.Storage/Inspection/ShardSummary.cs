using DChat.Core.Segments;
using DChat.Core.Topics;

namespace DChat.Storage.Inspection;

/// <summary>What a data directory has of one shard.</summary>
/// <param name="Shard">The shard.</param>
/// <param name="Head">The sequence of the newest message that it has had.</param>
/// <param name="OpenMessages">How many messages are not sealed.</param>
/// <param name="OpenBytes">The bytes of their envelopes.</param>
/// <param name="Segments">The sealed segments, by epoch and class.</param>
public sealed record ShardSummary(ShardId Shard, ulong Head, long OpenMessages, long OpenBytes, IReadOnlyList<SealedRoot> Segments);
