namespace DChat.Storage.Segments;

/// <summary>What all segments of a log have in common.</summary>
/// <param name="Network">The network.</param>
/// <param name="ShardBits">The network's shard bits.</param>
/// <param name="Log">The log whose sequences side indexes tell of.</param>
internal sealed record SegmentOrigin(string Network, int ShardBits, Guid Log);
