using DChat.Core.Topics;

namespace DChat.Core.Shards;

/// <summary>
/// An immutable view of an open set: the index up to the sequence that was its head. Any thread may read it for as long as it
/// likes; it copies nothing.
/// </summary>
public sealed class ShardSnapshot
{
    private readonly ShardIndex _index;
    private readonly uint _count;

    internal ShardSnapshot(ShardIndex index, uint count)
    {
        _index = index;
        _count = count;
    }

    /// <summary>The sequence of the newest message that the shard had had; 0 when there was none.</summary>
    public ulong Head => _index.HeadAt(_count);

    /// <summary>How many messages are in it.</summary>
    public int Count => (int)_count;

    /// <summary>The messages, by sequence.</summary>
    public IEnumerable<IndexedMessage> Messages
    {
        get
        {
            for (var number = 1u; number <= _count; number++)
            {
                yield return _index.Get(number);
            }
        }
    }

    /// <summary>The message at a sequence.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="sequence"/> is not that of a message in the snapshot.</exception>
    public IndexedMessage this[ulong sequence] =>
        TryGet(sequence, out var message) ? message : throw new ArgumentOutOfRangeException(nameof(sequence), sequence, $"No message of {Count} up to {Head}.");

    /// <summary>The message at a sequence; false when it is not in the snapshot.</summary>
    public bool TryGet(ulong sequence, out IndexedMessage message)
    {
        var number = _index.NumberUpTo(sequence);
        if (number == 0 || number > _count || _index.SequenceOf(number) != sequence)
        {
            message = default;
            return false;
        }

        message = _index.Get(number);
        return true;
    }

    /// <summary>Writes the shard sequences of a topic's messages after <paramref name="afterSequence"/>, oldest first.</summary>
    /// <returns>How many were written; fewer than fit when there are no more.</returns>
    public int CopyTopicSequences(TopicTag topic, ulong afterSequence, Span<ulong> destination) =>
        afterSequence >= Head ? 0 : _index.CopyTopicSequences(topic, afterSequence, _count, destination);
}
