using DChat.Core.Topics;

namespace DChat.Core.Shards;

/// <summary>Where the sealed segments of shards are.</summary>
public interface ISegmentStore
{
    /// <summary>
    /// Opens the segments of a shard, after everything in flight there has ended or is refused. To be called after the shard's log was opened.
    /// </summary>
    /// <param name="shard">The shard.</param>
    /// <param name="term">That of the writer which was opened; each opens the segments once. Of two owners the one with the higher term has them.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="DChatException">
    /// One is damaged (<c>segment-corrupt</c>, names file and offset), cannot be read, or an owner of a higher term has the shard
    /// (<c>segment-unreadable</c>, transient).
    /// </exception>
    ValueTask<IShardSegments> OpenAsync(ShardId shard, ulong term, CancellationToken cancellationToken);
}
