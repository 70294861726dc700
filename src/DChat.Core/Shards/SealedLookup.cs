using DChat.Core.Envelopes;
using DChat.Core.Topics;

namespace DChat.Core.Shards;

/// <summary>
/// What a shard must learn of its sealed messages before it can decide on an offer: whether some of the offered are among them, and how
/// far the topics of others had come. For most offers that is nothing, since memory tells.
/// </summary>
public sealed class SealedLookup
{
    private readonly ISealedMessages _sealed;
    private readonly List<IndexEntry> _toFind;
    private readonly Dictionary<MessageId, StoredMessage> _found = [];
    private readonly Dictionary<TopicTag, uint> _topicHeads;

    internal SealedLookup(ISealedMessages sealedMessages, List<IndexEntry> toFind, HashSet<TopicTag> topics)
    {
        (_sealed, _toFind) = (sealedMessages, toFind);
        _topicHeads = topics.ToDictionary(topic => topic, _ => 0u);
        IsDone = toFind.Count == 0 && topics.Count == 0;
    }

    /// <summary>Whether there is nothing to look up, or it has been.</summary>
    public bool IsDone { get; private set; }

    /// <summary>Whether another is of the same sealed messages.</summary>
    public bool IsOfSame(SealedLookup other) => other?.Sealed == _sealed;

    internal ISealedMessages Sealed => _sealed;

    /// <summary>Looks everything up. Reads the disk, so it is not to run on a grain's turn.</summary>
    /// <exception cref="DChatException">A segment is damaged or cannot be read.</exception>
    public void Run()
    {
        foreach (var entry in _toFind)
        {
            if (_sealed.TryFind(entry, out var message))
            {
                _found[entry.Id] = message;
            }
        }

        foreach (var topic in _topicHeads.Keys)
        {
            _topicHeads[topic] = _sealed.TopicHead(topic);
        }

        IsDone = true;
    }

    internal bool TryFind(MessageId id, out StoredMessage message) => _found.TryGetValue(id, out message);

    internal uint TopicHead(TopicTag topic) => _topicHeads.GetValueOrDefault(topic);
}
