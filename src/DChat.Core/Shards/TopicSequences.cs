using DChat.Core.Reconciliation;
using DChat.Core.Topics;

namespace DChat.Core.Shards;

/// <summary>
/// For each topic of an open set the numbers of its messages, ascending. A topic of one message, the commonest kind an
/// attacker can make, has no list of its own.
/// </summary>
internal sealed class TopicSequences
{
    private const int FirstListLength = 2;
    private const int DoublingLimit = 4096;
    private readonly SaltedHash _hash;
    private readonly SlotTable _numbers;
    private readonly ChunkedList<TopicTag> _tags = new();

    // Count in the upper half; in the lower the sequence itself if the count is one, else the number of the list. One word,
    // so that a reader never sees a count that does not belong to its list.
    private readonly ChunkedList<ulong> _states = new();
    private readonly ChunkedList<uint[]> _lists = new();
    private long _listBytes;

    public TopicSequences(SaltedHash hash)
    {
        _hash = hash;
        _numbers = new SlotTable(number => _hash.Of(_tags[number - 1]));
    }

    /// <summary>The bytes all of it occupies.</summary>
    public long MemoryBytes => _numbers.MemoryBytes + _tags.MemoryBytes + _states.MemoryBytes + _lists.MemoryBytes + _listBytes;

    /// <summary>The topic's number, from 1; 0 when no message has it.</summary>
    public uint Find(TopicTag topic) => _numbers.Find(_hash.Of(topic), new TagMatch(_tags, topic));

    /// <summary>The topic behind a number.</summary>
    public TopicTag TagOf(uint number) => _tags[number - 1];

    /// <summary>Adds a message to a topic.</summary>
    /// <returns>The topic's number, and its newest message before; 0 when there was none.</returns>
    public (uint Number, uint Before) Append(TopicTag topic, uint sequence)
    {
        var number = Find(topic);
        if (number == 0)
        {
            _tags.Add(topic);
            _states.Add(Pack(1, sequence));
            _numbers.Add(_hash.Of(topic), _tags.Count);
            return (_tags.Count, 0);
        }

        ref var state = ref _states[number - 1];
        var (count, list) = Unpack(state);
        var before = count == 1 ? list : _lists[list][count - 1];
        if (count == 1)
        {
            _lists.Add(NewList(FirstListLength));
            _lists[_lists.Count - 1][0] = list;
            list = _lists.Count - 1;
        }
        else if (count == _lists[list].Length)
        {
            var grown = NewList(count < DoublingLimit ? 2 * (int)count : checked((int)(count + (count / 2))));
            _lists[list].CopyTo(grown, 0);
            _listBytes -= MemorySize.OfArray<uint>((int)count);
            Volatile.Write(ref _lists[list], grown);
        }

        _lists[list][count] = sequence;
        Volatile.Write(ref state, Pack(count + 1, list));
        return (number, before);
    }

    /// <summary>How many topics have been added; the writer's own view.</summary>
    public uint Count => _tags.Count;

    /// <summary>The newest message of a topic up to <paramref name="head"/>; 0 when there is none.</summary>
    public uint NewestUpTo(uint number, uint head)
    {
        if (number == 0)
        {
            return 0;
        }

        uint only = 0;
        var sequences = Read(number, ref only);
        var count = CountUpTo(sequences, head);
        return count == 0 ? 0 : sequences[count - 1];
    }

    /// <summary>Copies the numbers above <paramref name="after"/> and at most <paramref name="head"/>.</summary>
    /// <returns>How many were written.</returns>
    public int Copy(uint number, uint after, uint head, Span<uint> destination)
    {
        if (number == 0)
        {
            return 0;
        }

        uint only = 0;
        var sequences = Read(number, ref only);
        sequences = sequences[CountUpTo(sequences, after)..];
        var count = 0;
        while (count < destination.Length && count < sequences.Length && sequences[count] <= head)
        {
            destination[count] = sequences[count];
            count++;
        }

        return count;
    }

    private static ulong Pack(uint count, uint value) => ((ulong)count << 32) | value;

    private static (uint Count, uint Value) Unpack(ulong state) => ((uint)(state >> 32), (uint)state);

    private static int CountUpTo(ReadOnlySpan<uint> sequences, uint limit)
    {
        var at = sequences.BinarySearch(limit);
        return at < 0 ? ~at : at + 1;
    }

    private ReadOnlySpan<uint> Read(uint number, ref uint only)
    {
        var (count, value) = Unpack(Volatile.Read(ref _states[number - 1]));
        if (count == 1)
        {
            only = value;
            return new ReadOnlySpan<uint>(ref only);
        }

        return Volatile.Read(ref _lists[value]).AsSpan(0, (int)count);
    }

    private uint[] NewList(int length)
    {
        _listBytes += MemorySize.OfArray<uint>(length);
        return new uint[length];
    }

    private readonly struct TagMatch(ChunkedList<TopicTag> tags, TopicTag topic) : ISlotMatch
    {
        public bool Matches(uint number) => tags[number - 1] == topic;
    }
}
