using DChat.Core.Clocks;
using DChat.Core.Topics;

namespace DChat.Core.Shards;

/// <summary>
/// The sealed messages of one shard at one moment: what is in its segments. Immutable, for any thread. What is asked of storage, which may be
/// far away, blocks: so nobody asks it on a grain's turn, and not many at once.
/// </summary>
public interface ISealedMessages
{
    /// <summary>How many messages are sealed.</summary>
    long Count { get; }

    /// <summary>The sequence of the newest that is; 0 when none is.</summary>
    ulong LastSequence { get; }

    /// <summary>The timestamp of the message with the newest one; 0 when none is sealed.</summary>
    HybridTimestamp LastHlc { get; }

    /// <summary>Whether <see cref="TopicHead"/> knows any topic; answered from memory.</summary>
    bool KnowsTopics { get; }

    /// <summary>False when a message certainly is not sealed; answered from memory.</summary>
    bool MayHold(in IndexEntry entry);

    /// <summary>Finds a message by its timestamp, class and id.</summary>
    /// <exception cref="DChatException">A segment is damaged (<c>segment-corrupt</c>) or cannot be read (<c>segment-unreadable</c>, transient).</exception>
    bool TryFind(in IndexEntry entry, out StoredMessage message);

    /// <summary>The sequence in a topic of the newest message that was ever sealed, or pruned since; 0 when there was none.</summary>
    /// <exception cref="DChatException">As for <see cref="TryFind"/>.</exception>
    uint TopicHead(TopicTag topic);

    /// <summary>The first messages after a sequence of the shard, in order of sequence.</summary>
    /// <param name="sequence">That of the message before; 0 for the beginning.</param>
    /// <param name="maxCount">How many at most.</param>
    /// <exception cref="DChatException">As for <see cref="TryFind"/>.</exception>
    IReadOnlyList<StoredMessage> After(ulong sequence, int maxCount);

    /// <summary>The first messages of a topic after a sequence of the shard, in order of sequence.</summary>
    /// <exception cref="DChatException">As for <see cref="TryFind"/>.</exception>
    IReadOnlyList<StoredMessage> After(TopicTag topic, ulong sequence, int maxCount);

    /// <summary>The messages of each segment as items to be reconciled. Whoever asks for an item asks storage.</summary>
    IReadOnlyList<SealedItems> Items { get; }

    /// <summary>Finds messages by their ids alone, in order of sequence: reads the leaves of every segment whose filter passes one.</summary>
    /// <exception cref="DChatException">As for <see cref="TryFind"/>.</exception>
    IReadOnlyList<StoredMessage> Find(IReadOnlySet<Bytes32> ids);

    /// <summary>Reads a segment from end to end and checks it against its root and its side index.</summary>
    /// <param name="root">The segment's root.</param>
    /// <returns>What is wrong: a sentence each, with file and offset; null when there is no such segment.</returns>
    /// <exception cref="DChatException">It cannot be read for now (<c>segment-unreadable</c>, transient).</exception>
    IReadOnlyList<string>? Verify(Bytes32 root);

    /// <summary>Reads the envelopes of messages that it told of. One that is damaged is named as a hole, and the others are read all the same.</summary>
    /// <exception cref="DChatException">A segment cannot be read at all for now (<c>segment-unreadable</c>, transient).</exception>
    StoredEnvelopes Read(IReadOnlyList<StoredMessage> messages);
}
