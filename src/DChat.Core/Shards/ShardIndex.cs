using DChat.Core.Clocks;
using DChat.Core.Envelopes;
using DChat.Core.Reconciliation;
using DChat.Core.Topics;

namespace DChat.Core.Shards;

/// <summary>
/// The open set of one shard, in the order of sequence, found by id, by sequence and by topic. One thread appends; any thread may look up
/// or take a snapshot meanwhile, without a lock. A message costs less than 100 bytes, unless most topics have fewer than four messages.
/// Messages never leave it: when some are sealed, <see cref="Without"/> makes another of the rest.
/// </summary>
public sealed class ShardIndex : ISetItems
{
    /// <summary>The most messages a shard can have in its life.</summary>
    public const uint MaxCount = uint.MaxValue - 1;

    private readonly ulong _salt;
    private readonly SaltedHash _hash;
    private readonly SlotTable _byId;
    private readonly TopicSequences _topics;
    private readonly ChunkedList<MessageId> _ids = new();
    private readonly ChunkedList<HybridTimestamp> _hlcs = new();
    private readonly ChunkedList<ulong> _locations = new();
    private readonly ChunkedList<ushort> _lengths = new();
    private readonly ChunkedList<ClassAndDoor> _classes = new();
    private readonly ChunkedList<uint> _topicNumbers = new();
    private readonly ChunkedList<uint> _topicSequences = new();

    // Messages are numbered from 1. Those that were taken over have any sequences, the others follow on from a head.
    private uint[] _takenOver;
    private uint _first;

    // Written last: a message is there for readers when its number is at most this, whichever way they come to it.
    private uint _count;

    /// <summary>An empty open set.</summary>
    /// <param name="salt">
    /// Drawn at random and told to nobody: senders choose MessageIds by trying, and could else crowd one part of the table.
    /// </param>
    /// <param name="after">The sequence before that of the first message.</param>
    public ShardIndex(ulong salt, ulong after = 0)
        : this(salt, checked((uint)after), [])
    {
    }

    private ShardIndex(ulong salt, uint after, uint[] takenOver)
    {
        _salt = salt;
        _hash = new SaltedHash(salt);
        _byId = new SlotTable(number => _hash.Of(_ids[number - 1]));
        _topics = new TopicSequences(_hash);
        (_first, _takenOver) = (after, takenOver);
    }

    /// <summary>An open set of messages that are durable.</summary>
    /// <param name="salt">See <see cref="ShardIndex(ulong, ulong)"/>.</param>
    /// <param name="head">The sequence of the newest message that the shard has had.</param>
    /// <param name="messages">The messages, in order of sequence.</param>
    /// <exception cref="ArgumentException">Two have one id, or one is out of the order or after the head.</exception>
    public static ShardIndex Of(ulong salt, ulong head, IReadOnlyCollection<IndexedMessage> messages)
    {
        ArgumentNullException.ThrowIfNull(messages);
        var builder = new Builder(salt, messages.Count);
        foreach (var message in messages)
        {
            builder.Add(message.Entry, message.Sequence, message.Location, checked((uint)message.TopicSequence));
        }

        return builder.Build(head);
    }

    /// <summary>The sequence of the newest message that the shard has had; 0 when there was none.</summary>
    public ulong Head => SequenceOf(Volatile.Read(ref _count), whenNone: _first);

    /// <summary>The sequence of its first message; that after the head when it is empty.</summary>
    public ulong FirstSequence => Volatile.Read(ref _count) == 0 ? Head + 1 : SequenceOf(1);

    /// <summary>How many messages are in it.</summary>
    public int Count => (int)Volatile.Read(ref _count);

    /// <summary>The bytes the index occupies, room for growth included; approximate while the writer is appending.</summary>
    public long MemoryBytes => _byId.MemoryBytes + _topics.MemoryBytes + _ids.MemoryBytes + _hlcs.MemoryBytes
        + _locations.MemoryBytes + _lengths.MemoryBytes + _classes.MemoryBytes + _topicNumbers.MemoryBytes
        + _topicSequences.MemoryBytes;

    /// <summary>Finds a message by id.</summary>
    public bool TryFind(MessageId id, out IndexedMessage message)
    {
        var number = Find(id, _hash.Of(id));
        if (number == 0 || number > Volatile.Read(ref _count))
        {
            message = default;
            return false;
        }

        message = Get(number);
        return true;
    }

    /// <summary>The sequence within a topic of the topic's newest message in the open set; 0 when it has none.</summary>
    public uint TopicHead(TopicTag topic) => TopicHead(topic, out _);

    /// <summary>The sequence within a topic of the topic's newest message in the open set; 0 when it has none.</summary>
    /// <param name="topic">The topic.</param>
    /// <param name="sequence">The sequence of that message in the shard; 0 when there is none.</param>
    public uint TopicHead(TopicTag topic, out ulong sequence)
    {
        var newest = _topics.NewestUpTo(_topics.Find(topic), Volatile.Read(ref _count));
        sequence = newest > 0 ? SequenceOf(newest) : 0;
        return newest > 0 ? _topicSequences[newest - 1] : 0;
    }

    /// <summary>Adds the next message, under the sequence <see cref="Head"/> + 1.</summary>
    /// <param name="entry">What to remember of it.</param>
    /// <param name="location">Where the log keeps it.</param>
    /// <param name="topicSequence">Its sequence in its topic; 0 for the one after <see cref="TopicHead(TopicTag)"/>.</param>
    /// <exception cref="ArgumentException">The id is in the index already.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The length, the class or the door of <paramref name="entry"/> is out of its range.</exception>
    /// <exception cref="InvalidOperationException">The shard has had <see cref="MaxCount"/> messages.</exception>
    public IndexedMessage Append(in IndexEntry entry, ulong location, uint topicSequence = 0)
    {
        if (Head == MaxCount)
        {
            throw new InvalidOperationException($"A shard has at most {MaxCount} messages.");
        }

        return Add(entry, location, topicSequence);
    }

    /// <summary>Another open set without some of the messages, which are sealed now. The head stays as it is.</summary>
    /// <param name="through">A head of this open set up to which messages are looked at; those after it are to be appended to the other.</param>
    /// <param name="isSealed">Whether a message is left out; asked of sequences in order.</param>
    public ShardIndex Without(ulong through, Func<ulong, bool> isSealed)
    {
        ArgumentNullException.ThrowIfNull(isSealed);
        var upTo = NumberUpTo(through);
        List<IndexedMessage> kept = [];
        for (var number = 1u; number <= upTo; number++)
        {
            if (!isSealed(SequenceOf(number)))
            {
                kept.Add(Get(number));
            }
        }

        return Of(_salt, through, kept);
    }

    /// <summary>The open set as it is now; later appends do not show in it. Takes constant time.</summary>
    public ShardSnapshot Snapshot() => new(this, Volatile.Read(ref _count));

    /// <inheritdoc/>
    SetItem ISetItems.ItemOf(uint number) => new(_hlcs[number - 1].Value, _ids[number - 1].Value);

    internal RetentionClass ClassOf(uint number) => _classes[number - 1].Class;

    internal ulong HeadAt(uint count) => SequenceOf(count, whenNone: _first);

    internal ulong SequenceOf(uint number) => number <= _takenOver.Length ? _takenOver[number - 1] : (ulong)_first + (number - (uint)_takenOver.Length);

    /// <summary>The number of the newest message whose sequence is at most so much; 0 when there is none.</summary>
    internal uint NumberUpTo(ulong sequence)
    {
        if (sequence > _first)
        {
            return (uint)Math.Min((uint)_takenOver.Length + (sequence - _first), uint.MaxValue);
        }

        var at = Array.BinarySearch(_takenOver, (uint)sequence);
        return (uint)(at < 0 ? ~at : at + 1);
    }

    internal HybridTimestamp HlcOf(uint number) => _hlcs[number - 1];

    internal IndexedMessage Get(uint number)
    {
        var at = number - 1;
        var entry = new IndexEntry(_ids[at], _topics.TagOf(_topicNumbers[at]), _hlcs[at], _classes[at].Class, _lengths[at], _classes[at].Door);
        return new IndexedMessage(entry, SequenceOf(number), _topicSequences[at], _locations[at]);
    }

    internal int CopyTopicNumbers(TopicTag topic, ulong after, uint count, Span<uint> destination) =>
        _topics.Copy(_topics.Find(topic), NumberUpTo(after), count, destination);

    private ulong SequenceOf(uint number, ulong whenNone) => number <= _takenOver.Length ? whenNone : SequenceOf(number);

    private IndexedMessage Add(in IndexEntry entry, ulong location, uint topicSequence)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(entry.Length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(entry.Length, EnvelopeLimits.MaxBytes);
        var classAndDoor = new ClassAndDoor(entry.Class, entry.Door);
        var hash = _hash.Of(entry.Id);
        if (Find(entry.Id, hash) != 0)
        {
            throw new ArgumentException($"The index holds {entry.Id} already.", nameof(entry));
        }

        var number = _count + 1;
        _ids.Add(entry.Id);
        _hlcs.Add(entry.Hlc);
        _locations.Add(location);
        _lengths.Add((ushort)entry.Length);
        _classes.Add(classAndDoor);
        var (topic, before) = _topics.Append(entry.Topic, number);
        var next = topicSequence > 0 ? topicSequence : (before > 0 ? _topicSequences[before - 1] : 0) + 1;
        _topicNumbers.Add(topic);
        _topicSequences.Add(next);
        _byId.Add(hash, number);
        Volatile.Write(ref _count, number);
        return new IndexedMessage(entry, SequenceOf(number), next, location);
    }

    private uint Find(MessageId id, uint hash) => _byId.Find(hash, new IdMatch(_ids, id));

    private readonly struct IdMatch(ChunkedList<MessageId> ids, MessageId id) : ISlotMatch
    {
        public bool Matches(uint number) => ids[number - 1] == id;
    }

    /// <summary>Makes an open set of durable messages that are told one after the other, without a list of them in between.</summary>
    /// <param name="salt">See <see cref="ShardIndex(ulong, ulong)"/>.</param>
    /// <param name="expected">How many messages there will be, as far as that is known.</param>
    internal sealed class Builder(ulong salt, long expected)
    {
        private readonly ShardIndex _index = Reserved(salt, expected);
        private readonly ChunkedList<uint> _sequences = new();
        private ulong _last;

        /// <summary>Adds a message.</summary>
        /// <exception cref="ArgumentException">Its sequence is not after that of the message before, or its id is there already.</exception>
        public void Add(in IndexEntry entry, ulong sequence, ulong location, uint topicSequence)
        {
            if (sequence <= _last || sequence > MaxCount)
            {
                throw new ArgumentException($"Sequence {sequence} after {_last}.", nameof(sequence));
            }

            _last = sequence;
            _sequences.Add((uint)sequence);
            _index.Add(entry, location, topicSequence);
        }

        /// <summary>The open set.</summary>
        /// <param name="head">The sequence of the newest message that the shard has had.</param>
        /// <exception cref="ArgumentException">A message is after the head.</exception>
        public ShardIndex Build(ulong head)
        {
            if (_last > head)
            {
                throw new ArgumentException($"Sequence {_last}, with the head {head}.", nameof(head));
            }

            var count = _sequences.Count;
            if (count > 0 && _last == head && _sequences[count - 1] - _sequences[0] == count - 1)
            {
                // All follow on from the one before the first.
                _index._first = _sequences[0] - 1;
                return _index;
            }

            _index._first = checked((uint)head);
            _index._takenOver = new uint[count];
            for (var i = 0u; i < count; i++)
            {
                _index._takenOver[i] = _sequences[i];
            }

            return _index;
        }

        private static ShardIndex Reserved(ulong salt, long expected)
        {
            var index = new ShardIndex(salt);
            index._byId.Reserve((int)Math.Clamp(expected, 0, int.MaxValue / 2));
            return index;
        }
    }
}
