using DChat.Core.Topics;

namespace DChat.Core.Shards;

/// <summary>
/// An immutable view of a shard: the index up to the sequence that was its head. Any thread may read it for as long as it
/// likes; it copies nothing.
/// </summary>
public sealed class ShardSnapshot
{
    private readonly ShardIndex _index;
    private readonly uint _head;

    internal ShardSnapshot(ShardIndex index, uint head)
    {
        _index = index;
        _head = head;
    }

    /// <summary>The sequence of the newest message in the snapshot; 0 when there is none.</summary>
    public ulong Head => _head;

    /// <summary>The message at a sequence.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="sequence"/> is not within 1–<see cref="Head"/>.</exception>
    public IndexedMessage this[ulong sequence]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfZero(sequence);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(sequence, Head);
            return _index.Get((uint)sequence);
        }
    }

    /// <summary>Writes the shard sequences of a topic's messages after <paramref name="afterSequence"/>, oldest first.</summary>
    /// <returns>How many were written; fewer than fit when there are no more.</returns>
    public int CopyTopicSequences(TopicTag topic, ulong afterSequence, Span<ulong> destination) =>
        afterSequence >= Head ? 0 : _index.CopyTopicSequences(topic, (uint)afterSequence, _head, destination);
}
