using DChat.Core.Topics;

namespace DChat.Core.Shards;

/// <summary>Where the sealed segments of shards are.</summary>
public interface ISegmentStore
{
    /// <summary>Opens the segments of a shard, after everything in flight there has ended. To be called after the shard's log was opened.</summary>
    /// <exception cref="DChatException">One is damaged (<c>segment-corrupt</c>, names file and offset), or cannot be read (<c>segment-unreadable</c>, transient).</exception>
    ValueTask<IShardSegments> OpenAsync(ShardId shard, CancellationToken cancellationToken);
}
