using DChat.Abstractions.Streams;
using DChat.Core.Envelopes;
using DChat.Core.Shards;
using DChat.Core.Topics;

namespace DChat.Feeds;

/// <summary>
/// Hands the ranges of one shard to its followers: all of it to those of the shard, and to those of a topic what is theirs.
/// Each envelope is looked at once, however many topics are followed. Not thread-safe.
/// </summary>
internal sealed class FeedDispatcher(long bufferBytes)
{
    private readonly List<Place> _ofShard = [];
    private readonly Dictionary<TopicTag, List<Place>> _ofTopic = [];
    private LogPosition? _position;
    private Exception? _closed;
    private int _wantingSynced;

    /// <summary>Whether nobody follows.</summary>
    public bool IsEmpty => _ofShard.Count == 0 && _ofTopic.Count == 0;

    /// <summary>Whether somebody wants what came by sync.</summary>
    public bool WantsSynced => _wantingSynced > 0;

    /// <summary>Up to where the followers have been served; null before <see cref="MoveTo"/>.</summary>
    public LogPosition? Position => _position;

    /// <summary>How many envelopes were looked at to find the followers of their topic.</summary>
    public long TagsRead { get; private set; }

    /// <summary>Adds a follower: its inbox gets every range from now on.</summary>
    public LogInbox Add(TopicTag? topic, bool skipsSynced)
    {
        var place = new Place(new LogInbox(bufferBytes), topic, skipsSynced && topic is null);
        _wantingSynced += place.SkipsSynced ? 0 : 1;
        if (topic is not { } tag)
        {
            _ofShard.Add(place);
        }
        else if (_ofTopic.TryGetValue(tag, out var places))
        {
            places.Add(place);
        }
        else
        {
            _ofTopic[tag] = [place];
        }

        if (_position is { } position)
        {
            place.Skip(position);
        }

        if (_closed is not null)
        {
            place.Inbox.Close(_closed);
        }

        return place.Inbox;
    }

    /// <summary>Removes a follower.</summary>
    public void Remove(LogInbox inbox, TopicTag? topic)
    {
        var places = topic is { } tag ? _ofTopic.GetValueOrDefault(tag) : _ofShard;
        if (places?.Find(each => each.Inbox == inbox) is not { } place)
        {
            return;
        }

        places.Remove(place);
        _wantingSynced -= place.SkipsSynced ? 0 : 1;
        if (places.Count == 0 && place.Topic is { } empty)
        {
            _ofTopic.Remove(empty);
        }
    }

    /// <summary>Tells every follower where the log stands, and goes on from there.</summary>
    public void MoveTo(LogPosition head)
    {
        _position = head;
        foreach (var place in Places)
        {
            place.Skip(head);
        }
    }

    /// <summary>Tells every follower of a head, and goes on from where it was: followers decide what another log means to them.</summary>
    public void NoteHead(LogPosition head)
    {
        foreach (var place in Places)
        {
            place.Inbox.NoteHead(head);
        }
    }

    /// <summary>Hands out the next range.</summary>
    public void Dispatch(EnvelopeRange range)
    {
        var follows = _position is { } position && position.Log == range.Log && range.First <= position.Sequence + 1;
        _position = range.Cursor;
        if (!follows || range.IsSkipped)
        {
            // Nobody here has looked at the messages before the range, or at those it skips: followers that want them read the log.
            foreach (var place in Places)
            {
                if (!follows || !place.SkipsSynced)
                {
                    place.Skip(range.Cursor);
                }
                else
                {
                    place.Give(range);
                }
            }

            return;
        }

        foreach (var place in _ofShard)
        {
            place.Give(range);
        }

        if (_ofTopic.Count > 0)
        {
            DispatchByTopic(range);
        }
    }

    /// <summary>Ends every inbox, also those added later.</summary>
    public void Close(Exception reason)
    {
        _closed ??= reason;
        foreach (var place in Places)
        {
            place.Inbox.Close(reason);
        }
    }

    private IEnumerable<Place> Places => _ofShard.Concat(_ofTopic.Values.SelectMany(places => places));

    private void DispatchByTopic(EnvelopeRange range)
    {
        Dictionary<TopicTag, List<int>> kept = [];
        var index = 0;
        foreach (var envelope in range.Envelopes.Envelopes)
        {
            if (Envelope.TryRead(envelope.Span, out var view) == RejectionCode.None && _ofTopic.ContainsKey(view.TopicTag))
            {
                if (!kept.TryGetValue(view.TopicTag, out var indexes))
                {
                    kept[view.TopicTag] = indexes = [];
                }

                indexes.Add(index);
            }

            index++;
        }

        TagsRead += index;
        foreach (var (topic, indexes) in kept)
        {
            foreach (var place in _ofTopic[topic])
            {
                place.Give(range.Select(place.Through + 1, indexes));
            }
        }
    }

    /// <summary>A follower's inbox, and up to which sequence it has been served: what it was given or what held nothing for it.</summary>
    private sealed class Place(LogInbox inbox, TopicTag? topic, bool skipsSynced)
    {
        public LogInbox Inbox => inbox;

        public TopicTag? Topic => topic;

        public bool SkipsSynced => skipsSynced;

        public ulong Through { get; private set; }

        // A range that is dropped because the follower is behind leaves a gap before the next one, which it sees and reads.
        public void Give(EnvelopeRange range)
        {
            if (!inbox.TryAdd(range))
            {
                FeedInstruments.Overflows.Add(1);
            }

            Through = range.Through;
        }

        public void Skip(LogPosition head)
        {
            inbox.NoteHead(head);
            Through = head.Sequence;
        }
    }
}
