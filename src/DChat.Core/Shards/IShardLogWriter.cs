namespace DChat.Core.Shards;

/// <summary>The one writer of one shard, for one term. Reading is allowed from any thread and outlives fencing.</summary>
public interface IShardLogWriter
{
    /// <summary>The term, from 1; higher than that of every writer opened before that may still be alive.</summary>
    ulong Term { get; }

    /// <summary>The durable messages of the shard. The log alone adds to it.</summary>
    ShardIndex Index { get; }

    /// <summary>
    /// Appends a batch and completes when it is durable and in <see cref="Index"/>. One call at a time: the next may start
    /// when the one before has completed.
    /// </summary>
    /// <returns>What became of the batch; nothing of it was kept unless <see cref="AppendOutcome.Durable"/> or <see cref="AppendOutcome.Failed"/>.</returns>
    ValueTask<AppendOutcome> AppendAsync(ShardAppend append);

    /// <summary>
    /// Reads the envelopes at <paramref name="sequences"/> of <paramref name="snapshot"/>, which ascend. One that is damaged
    /// is named as a hole, and the others are read all the same.
    /// </summary>
    /// <exception cref="DChatException">Storage cannot be read at all for now (<c>log-unreadable</c>, transient).</exception>
    ValueTask<StoredEnvelopes> ReadAsync(ShardSnapshot snapshot, ReadOnlyMemory<ulong> sequences, CancellationToken cancellationToken);
}
