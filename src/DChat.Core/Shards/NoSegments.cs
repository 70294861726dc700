using DChat.Core.Topics;

namespace DChat.Core.Shards;

/// <summary>A store without segments, beside a log that keeps every message: nothing is ever sealed.</summary>
public sealed class NoSegments : ISegmentStore, IShardSegments
{
    /// <inheritdoc/>
    public ISealedMessages Sealed => NothingSealed.Instance;

    /// <inheritdoc/>
    public ValueTask<IShardSegments> OpenAsync(ShardId shard, CancellationToken cancellationToken) => ValueTask.FromResult<IShardSegments>(this);

    /// <inheritdoc/>
    public ValueTask<SealResult> SealAsync(
        Segments.EpochId epoch, IReadOnlyList<IndexedMessage> messages, IShardLogWriter writer, CancellationToken cancellationToken) =>
        ValueTask.FromResult(new SealResult([], []));
}
