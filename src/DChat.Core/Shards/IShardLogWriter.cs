namespace DChat.Core.Shards;

/// <summary>
/// The one writer of one shard, for one term. It keeps bytes and says where; the index over them is its owner's. Reading is allowed
/// from any thread and outlives fencing.
/// </summary>
public interface IShardLogWriter
{
    /// <summary>The term, from 1; higher than that of every writer opened before that may still be alive.</summary>
    ulong Term { get; }

    /// <summary>Whether a later writer has opened the shard.</summary>
    bool IsFenced { get; }

    /// <summary>The sequence of the newest durable message that the shard has had; 0 before the first.</summary>
    ulong Head { get; }

    /// <summary>
    /// Tells of every durable message of the shard, in order of sequence, on any thread but one call at a time. To be called before the
    /// first append. Of those that were released some may be missing, from the oldest on.
    /// </summary>
    /// <exception cref="DChatException">
    /// Storage cannot be read for now (<c>log-unreadable</c>, transient), or what it holds is damaged (<c>log-corrupt</c>, names file and
    /// offset).
    /// </exception>
    ValueTask ReplayAsync(ReplayMessage message, CancellationToken cancellationToken);

    /// <summary>
    /// Appends a batch and completes when it is durable. One call at a time: the next may start when the one before has completed.
    /// That none of its messages is in the shard already is for the owner of the index to know.
    /// </summary>
    /// <returns>
    /// What became of the batch; nothing of it was kept unless <see cref="AppendOutcome.Durable"/> or <see cref="AppendOutcome.Failed"/>.
    /// </returns>
    ValueTask<AppendResult> AppendAsync(ShardAppend append);

    /// <summary>
    /// Reads the envelopes of durable messages, whose sequences ascend. One that is damaged is named as a hole, and the others are
    /// read all the same.
    /// </summary>
    /// <exception cref="DChatException">Storage cannot be read at all for now (<c>log-unreadable</c>, transient).</exception>
    ValueTask<StoredEnvelopes> ReadAsync(ReadOnlyMemory<IndexedMessage> messages, CancellationToken cancellationToken);

    /// <summary>Reads as <see cref="ReadAsync"/> does, into a buffer of the caller's, for who reads much.</summary>
    /// <param name="messages">Messages whose sequences ascend.</param>
    /// <param name="destination">Takes the envelopes that can be read, back to back; at least as long as all of them.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The sequences of the others.</returns>
    /// <exception cref="DChatException">As for <see cref="ReadAsync"/>.</exception>
    async ValueTask<IReadOnlyList<ulong>> ReadIntoAsync(
        ReadOnlyMemory<IndexedMessage> messages, Memory<byte> destination, CancellationToken cancellationToken)
    {
        var stored = await ReadAsync(messages, cancellationToken).ConfigureAwait(false);
        stored.Bytes.CopyTo(destination);
        return stored.Holes;
    }

    /// <summary>
    /// Says that the messages up to a sequence are kept elsewhere, or nowhere any more. The log frees what it can of their storage later;
    /// a read of one that is gone is answered as one of a damaged message.
    /// </summary>
    void Release(ulong through);
}
