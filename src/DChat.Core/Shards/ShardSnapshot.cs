using System.Collections;
using DChat.Core.Clocks;
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

    /// <summary>The messages with a timestamp before another, by sequence. The list takes four bytes a message, and copies none of them.</summary>
    /// <param name="hlc">The timestamp.</param>
    public IReadOnlyList<IndexedMessage> OlderThan(HybridTimestamp hlc)
    {
        var numbers = new uint[_count];
        var count = 0;
        for (var number = 1u; number <= _count; number++)
        {
            if (_index.HlcOf(number) < hlc)
            {
                numbers[count++] = number;
            }
        }

        return new Selection(_index, count == numbers.Length ? numbers : numbers[..count]);
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

    /// <summary>The first messages after a sequence, in order.</summary>
    /// <param name="sequence">That of the message before; 0 for the beginning.</param>
    /// <param name="maxCount">How many at most.</param>
    public List<IndexedMessage> After(ulong sequence, int maxCount)
    {
        if (sequence >= Head)
        {
            return [];
        }

        var first = _index.NumberUpTo(sequence) + 1;
        var messages = new List<IndexedMessage>((int)Math.Clamp((long)_count - first + 1, 0, maxCount));
        for (var number = first; number <= _count && messages.Count < maxCount; number++)
        {
            messages.Add(_index.Get(number));
        }

        return messages;
    }

    /// <summary>The first messages of a topic after a sequence of the shard, in order.</summary>
    /// <param name="topic">The topic.</param>
    /// <param name="sequence">The sequence in the shard of the message before; 0 for the beginning.</param>
    /// <param name="maxCount">How many at most.</param>
    public List<IndexedMessage> After(TopicTag topic, ulong sequence, int maxCount)
    {
        if (sequence >= Head)
        {
            return [];
        }

        var numbers = new uint[maxCount];
        var count = _index.CopyTopicNumbers(topic, sequence, _count, numbers);
        return [.. numbers.Take(count).Select(number => _index.Get(number))];
    }

    private sealed class Selection(ShardIndex index, uint[] numbers) : IReadOnlyList<IndexedMessage>
    {
        public int Count => numbers.Length;

        public IndexedMessage this[int place] => index.Get(numbers[place]);

        public IEnumerator<IndexedMessage> GetEnumerator()
        {
            foreach (var number in numbers)
            {
                yield return index.Get(number);
            }
        }

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
