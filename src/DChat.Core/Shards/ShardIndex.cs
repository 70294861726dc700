using DChat.Core.Clocks;
using DChat.Core.Envelopes;
using DChat.Core.Topics;

namespace DChat.Core.Shards;

/// <summary>
/// The messages of one shard in the order of their sequence, found by id, by sequence and by topic. One thread appends;
/// any thread may look up or take a snapshot meanwhile, without a lock. A message costs less than 100 bytes, unless most
/// topics have fewer than four messages.
/// </summary>
public sealed class ShardIndex
{
    /// <summary>The most messages a shard can hold.</summary>
    public const uint MaxCount = uint.MaxValue - 1;

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
    private readonly uint[] _classCounts = new uint[(int)RetentionClass.Permanent + 1];

    // Written last: a message is there for readers when its sequence is at most this, whichever way they come to it.
    private uint _head;

    /// <summary>An empty index.</summary>
    /// <param name="salt">
    /// Drawn at random and told to nobody: senders choose MessageIds by trying, and could else crowd one part of the table.
    /// </param>
    public ShardIndex(ulong salt)
    {
        _hash = new SaltedHash(salt);
        _byId = new SlotTable(sequence => _hash.Of(_ids[sequence - 1]));
        _topics = new TopicSequences(_hash);
    }

    /// <summary>The sequence of the newest message; 0 when there is none.</summary>
    public ulong Head => Volatile.Read(ref _head);

    /// <summary>The bytes the index occupies, room for growth included; approximate while the writer is appending.</summary>
    public long MemoryBytes => _byId.MemoryBytes + _topics.MemoryBytes + _ids.MemoryBytes + _hlcs.MemoryBytes
        + _locations.MemoryBytes + _lengths.MemoryBytes + _classes.MemoryBytes + _topicNumbers.MemoryBytes
        + _topicSequences.MemoryBytes;

    /// <summary>Finds a message by id.</summary>
    public bool TryFind(MessageId id, out IndexedMessage message)
    {
        var sequence = Find(id, _hash.Of(id));
        if (sequence == 0 || sequence > Volatile.Read(ref _head))
        {
            message = default;
            return false;
        }

        message = Get(sequence);
        return true;
    }

    /// <summary>The sequence of a topic's newest message within the topic; 0 when it has none.</summary>
    public ulong TopicHead(TopicTag topic)
    {
        var head = Volatile.Read(ref _head);
        return _topics.CountUpTo(_topics.Find(topic), head);
    }

    /// <summary>How many messages have the class; 0 for a class that does not exist.</summary>
    public ulong CountOf(RetentionClass retention) =>
        (int)retention < _classCounts.Length ? Volatile.Read(ref _classCounts[(int)retention]) : 0;

    /// <summary>Adds the next message, under the sequence <see cref="Head"/> + 1 and the next sequence of its topic.</summary>
    /// <exception cref="ArgumentException">The id is in the index already.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The length, the class or the door of <paramref name="entry"/> is out of its range.</exception>
    /// <exception cref="InvalidOperationException">The index holds <see cref="MaxCount"/> messages.</exception>
    public IndexedMessage Append(in IndexEntry entry, ulong location)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(entry.Length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(entry.Length, EnvelopeLimits.MaxBytes);
        var classAndDoor = new ClassAndDoor(entry.Class, entry.Door);
        var hash = _hash.Of(entry.Id);
        if (Find(entry.Id, hash) != 0)
        {
            throw new ArgumentException($"The index holds {entry.Id} already.", nameof(entry));
        }

        if (_head == MaxCount)
        {
            throw new InvalidOperationException($"A shard holds at most {MaxCount} messages.");
        }

        var sequence = _head + 1;
        _ids.Add(entry.Id);
        _hlcs.Add(entry.Hlc);
        _locations.Add(location);
        _lengths.Add((ushort)entry.Length);
        _classes.Add(classAndDoor);
        var (topic, topicSequence) = _topics.Append(entry.Topic, sequence);
        _topicNumbers.Add(topic);
        _topicSequences.Add(topicSequence);
        _byId.Add(hash, sequence);
        _classCounts[(int)entry.Class]++;
        Volatile.Write(ref _head, sequence);
        return new IndexedMessage(entry, sequence, topicSequence, location);
    }

    /// <summary>The shard as it is now; later appends do not show in it. Takes constant time.</summary>
    public ShardSnapshot Snapshot() => new(this, Volatile.Read(ref _head));

    internal IndexedMessage Get(uint sequence)
    {
        var at = sequence - 1;
        var entry = new IndexEntry(_ids[at], _topics.TagOf(_topicNumbers[at]), _hlcs[at], _classes[at].Class, _lengths[at], _classes[at].Door);
        return new IndexedMessage(entry, sequence, _topicSequences[at], _locations[at]);
    }

    internal int CopyTopicSequences(TopicTag topic, uint after, uint head, Span<ulong> destination) =>
        _topics.Copy(_topics.Find(topic), after, head, destination);

    private uint Find(MessageId id, uint hash) => _byId.Find(hash, new IdMatch(_ids, id));

    private readonly struct IdMatch(ChunkedList<MessageId> ids, MessageId id) : ISlotMatch
    {
        public bool Matches(uint number) => ids[number - 1] == id;
    }
}
