using DChat.Core.Topics;

namespace DChat.Core.Shards;

/// <summary>
/// One operator's durable log of messages, partitioned into shards. A shard has one writer at a time: opening it again
/// starts a new term and fences the writer before.
/// </summary>
public interface IShardLog
{
    /// <summary>The log's name, drawn when it was created.</summary>
    LogId Id { get; }

    /// <summary>
    /// Why appends cannot succeed, as far as the log knows: storage is full, which may pass, or has failed. Null while they
    /// can; a health check reports it.
    /// </summary>
    string? Problem { get; }

    /// <summary>The shards that have messages which are not released; after a start all that have any, until they are opened.</summary>
    IReadOnlyList<ShardId> Unreleased { get; }

    /// <summary>Opens a shard for appending and reading under a new term, after everything in flight there has ended.</summary>
    /// <exception cref="DChatException">The log has failed (<c>log-failed</c>, transient) or is damaged (<c>log-corrupt</c>, names file and offset).</exception>
    ValueTask<IShardLogWriter> OpenAsync(ShardId shard, CancellationToken cancellationToken);
}
