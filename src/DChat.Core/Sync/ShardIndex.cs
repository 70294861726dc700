using DChat.Core.Messages;
using DChat.Core.Topics;

namespace DChat.Core.Sync;

/// <summary>
/// The messages of one shard in the order of their sequence, found by id, by sequence and by topic. One thread appends;
/// any thread may look up or take a snapshot meanwhile.
/// </summary>
public sealed class ShardIndex
{
    private readonly Lock _gate = new();
    private readonly List<IndexedMessage> _messages = [];
    private readonly Dictionary<MessageId, int> _byId = [];
    private readonly Dictionary<TopicTag, List<uint>> _topics = [];

    /// <summary>The sequence of the newest message; 0 when there is none.</summary>
    public ulong Head { get { lock (_gate) { return (ulong)_messages.Count; } } }

    /// <summary>Finds a message by id.</summary>
    public bool TryFind(MessageId id, out IndexedMessage message)
    {
        lock (_gate)
        {
            if (_byId.TryGetValue(id, out var at))
            {
                message = _messages[at];
                return true;
            }

            message = default;
            return false;
        }
    }

    /// <summary>The sequence of a topic's newest message within the topic; 0 when it has none.</summary>
    public ulong TopicHead(TopicTag topic)
    {
        lock (_gate)
        {
            return _topics.TryGetValue(topic, out var list) ? (ulong)list.Count : 0;
        }
    }

    /// <summary>Adds the next message, under the sequence <see cref="Head"/> + 1 and the next sequence of its topic.</summary>
    /// <exception cref="ArgumentException">The id is in the index already.</exception>
    public IndexedMessage Append(in IndexEntry entry, ulong location)
    {
        lock (_gate)
        {
            _byId.Add(entry.Id, _messages.Count);
            if (!_topics.TryGetValue(entry.Topic, out var list))
            {
                _topics[entry.Topic] = list = [];
            }

            list.Add((uint)_messages.Count + 1);
            var message = new IndexedMessage(entry, (ulong)_messages.Count + 1, (ulong)list.Count, location);
            _messages.Add(message);
            return message;
        }
    }

    /// <summary>The shard as it is now; later appends do not show in it. Takes constant time.</summary>
    public ShardSnapshot Snapshot() { lock (_gate) { return new ShardSnapshot([.. _messages]); } }
}
