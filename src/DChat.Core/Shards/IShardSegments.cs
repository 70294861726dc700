using DChat.Core.Segments;

namespace DChat.Core.Shards;

/// <summary>The segments of one shard, for its owner.</summary>
public interface IShardSegments
{
    /// <summary>What is sealed now.</summary>
    ISealedMessages Sealed { get; }

    /// <summary>The segments, by epoch and class.</summary>
    IReadOnlyList<SealedRoot> Segments { get; }

    /// <summary>
    /// Seals messages of one epoch: writes a segment for each of their retention classes that has none in the epoch yet. Once it returns
    /// they are durable there. A crash leaves some of the segments or none, each whole.
    /// </summary>
    /// <param name="epoch">The epoch.</param>
    /// <param name="messages">What to seal: messages of the shard that are not sealed, in order of sequence.</param>
    /// <param name="writer">Where they are. When it has been fenced nothing is sealed.</param>
    /// <param name="cancellationToken">Gives up; what is not sealed by then is not sealed.</param>
    /// <returns>The segments that were written, and the messages that could not be read back and are in none.</returns>
    /// <exception cref="DChatException">
    /// The disk is full or fails (<c>segment-unwritable</c>, transient), or the log cannot be read (<c>log-unreadable</c>, transient).
    /// </exception>
    ValueTask<SealResult> SealAsync(EpochId epoch, IReadOnlyList<IndexedMessage> messages, IShardLogWriter writer, CancellationToken cancellationToken);
}
