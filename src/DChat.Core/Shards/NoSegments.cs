using DChat.Core.Segments;
using DChat.Core.Topics;

namespace DChat.Core.Shards;

/// <summary>A store without segments, beside a log that keeps every message: nothing is ever sealed.</summary>
public sealed class NoSegments : ISegmentStore, IShardSegments
{
    /// <inheritdoc/>
    public ISealedMessages Sealed => NothingSealed.Instance;

    /// <inheritdoc/>
    public IReadOnlyList<SealedRoot> Segments => [];

    /// <inheritdoc/>
    public ValueTask<IShardSegments> OpenAsync(ShardId shard, CancellationToken cancellationToken) => ValueTask.FromResult<IShardSegments>(this);

    /// <inheritdoc/>
    public ValueTask<SealResult> SealAsync(
        EpochId epoch, IReadOnlyList<IndexedMessage> messages, IShardLogWriter writer, CancellationToken cancellationToken) =>
        ValueTask.FromResult(new SealResult([], []));
}
