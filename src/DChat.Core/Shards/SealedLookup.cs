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
    private readonly HashSet<MessageId> _unknownIds = [];
    private readonly HashSet<TopicTag> _unknownTopics = [];

    internal SealedLookup(ISealedMessages sealedMessages, List<IndexEntry> toFind, HashSet<TopicTag> topics)
    {
        (_sealed, _toFind) = (sealedMessages, toFind);
        _topicHeads = topics.ToDictionary(topic => topic, _ => 0u);
        IsDone = toFind.Count == 0 && topics.Count == 0;
    }

    /// <summary>Whether there is nothing to look up, or it has been.</summary>
    public bool IsDone { get; private set; }

    /// <summary>
    /// What kept something from being looked up, the first fault of them; null when nothing did. Messages that need it are refused, the
    /// others are not.
    /// </summary>
    public DChatException? Fault { get; private set; }

    internal ISealedMessages Sealed => _sealed;

    /// <summary>Looks everything up, as far as segments can be read. Reads the disk, so it is not to run on a grain's turn.</summary>
    public void Run()
    {
        foreach (var entry in _toFind)
        {
            try
            {
                if (_sealed.TryFind(entry, out var message))
                {
                    _found[entry.Id] = message;
                }
            }
            catch (DChatException e)
            {
                Fault ??= e;
                _unknownIds.Add(entry.Id);
            }
        }

        foreach (var topic in _topicHeads.Keys)
        {
            try
            {
                _topicHeads[topic] = _sealed.TopicHead(topic);
            }
            catch (DChatException e)
            {
                Fault ??= e;
                _unknownTopics.Add(topic);
            }
        }

        IsDone = true;
    }

    /// <summary>Whether something could not be looked up that must be known before the message is kept.</summary>
    internal bool IsUnknown(in IndexEntry entry) => _unknownIds.Contains(entry.Id) || _unknownTopics.Contains(entry.Topic);

    internal bool TryFind(MessageId id, out StoredMessage message) => _found.TryGetValue(id, out message);

    internal uint TopicHead(TopicTag topic) => _topicHeads.GetValueOrDefault(topic);
}
