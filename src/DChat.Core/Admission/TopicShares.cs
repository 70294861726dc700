using DChat.Core.Topics;

namespace DChat.Core.Admission;

/// <summary>
/// Shares topics among networks. While a topic is within its rate, everyone may use it. Over its rate each network that
/// uses it has an even part, half of which newcomers cannot take from authors who were accepted from there before. So nobody
/// can silence anybody: a flood fills its own share. Not thread-safe.
/// </summary>
/// <remarks>
/// Memory is bounded by <see cref="QuotaOptions.MaxTracked"/> topics, as many shares and as many authors; a network has at
/// most one <see cref="PartOfNetwork"/>th of shares and authors and then loses those it has not used for longest. What finds
/// no room is let through as a topic within its rate, or shares with others: a full table costs fairness and silences nobody.
/// </remarks>
internal sealed class TopicShares
{
    /// <summary>A network has at most this part of all shares and of all authors.</summary>
    public const int PartOfNetwork = 16;

    /// <summary>How long after the last message a network counts as one of those who share, in seconds.</summary>
    public const int ActiveSeconds = 10;

    /// <summary>How long a share, and an author in it, is remembered after the last message, in seconds.</summary>
    public const int RememberedSeconds = 3600;

    private readonly Dictionary<TopicTag, SharedTopic> _topics = [];
    private readonly Dictionary<NetworkPrefix, Holding> _holdings = [];
    private readonly QuotaOptions _options;
    private readonly long _ticksPerSecond;
    private readonly long _ticksPerToken;
    private readonly long _ticksToFill;
    private long _sweptAt = long.MinValue / 2;
    private int _shares;
    private int _authors;

    public TopicShares(QuotaOptions options, long ticksPerSecond)
    {
        _options = options;
        _ticksPerSecond = ticksPerSecond;
        _ticksPerToken = Math.Max(1, ticksPerSecond / options.TokensPerSecond);
        _ticksToFill = _ticksPerToken * options.Burst;
    }

    /// <summary>How many topics, shares and authors are remembered.</summary>
    public (int Topics, int Shares, int Authors) Count => (_topics.Count, _shares, _authors);

    /// <summary>How many ticks until there is room for the tokens; 0 when there is.</summary>
    public long WaitFor(in TopicClaim claim, long now)
    {
        if (!_topics.TryGetValue(claim.Topic, out var topic))
        {
            return 0;
        }

        var wait = Math.Max(now, topic.FullAt) + (claim.Tokens * _ticksPerToken) - now - _ticksToFill;
        if (wait <= 0)
        {
            return 0;
        }

        var share = topic.Find(claim.Prefix);
        var part = PartOf(topic, share, now);
        return Math.Min(wait, (long)Math.Ceiling((share ?? NewShareOf(topic)).WaitFor(claim.Author, claim.Tokens, part, now)));
    }

    /// <summary>Takes the tokens, or what there is of them.</summary>
    public void Take(in TopicClaim claim, long now)
    {
        if (TopicOf(claim.Topic, now) is not { } topic)
        {
            return;
        }

        topic.FullAt = Math.Min(Math.Max(now, topic.FullAt) + (claim.Tokens * _ticksPerToken), now + _ticksToFill);
        var share = topic.Find(claim.Prefix) ?? AddShare(topic, claim, now);
        var holding = share == topic.Others ? null : _holdings[claim.Prefix];
        var mayRemember = holding is not null && holding.Authors < PerNetwork && _authors < _options.MaxTracked;
        var before = share.Authors;
        share.Take(claim.Author, claim.Tokens, PartOf(topic, share, now), now, now - (RememberedSeconds * _ticksPerSecond), mayRemember);
        holding?.Use(share, share.Authors - before);
        _authors += share.Authors - before;
    }

    /// <summary>Gives tokens back.</summary>
    public void Give(in TopicClaim claim, long now)
    {
        if (_topics.TryGetValue(claim.Topic, out var topic))
        {
            topic.FullAt = Math.Max(now, topic.FullAt - (claim.Tokens * _ticksPerToken));
            (topic.Find(claim.Prefix) ?? topic.Others).Give(claim.Tokens);
        }
    }

    private int PerNetwork => Math.Max(1, _options.MaxTracked / PartOfNetwork);

    private static TopicShare NewShareOf(SharedTopic topic) => topic.Shares < SharedTopic.MaxShares ? new TopicShare(topic) : topic.Others;

    private SharePart PartOf(SharedTopic topic, TopicShare? share, long now)
    {
        var active = ActiveSeconds * _ticksPerSecond;
        var sharing = topic.CountFor(share, now, active);
        return new SharePart(1.0 / (_ticksPerToken * sharing), Math.Max(QuotaOptions.MinBurst, (double)_options.Burst / sharing), active);
    }

    private SharedTopic? TopicOf(TopicTag tag, long now)
    {
        if (_topics.TryGetValue(tag, out var topic))
        {
            return topic;
        }

        if (_topics.Count >= _options.MaxTracked)
        {
            Sweep(now);
            if (_topics.Count >= _options.MaxTracked)
            {
                return null;
            }
        }

        return _topics[tag] = new SharedTopic();
    }

    private TopicShare AddShare(SharedTopic topic, in TopicClaim claim, long now)
    {
        if (topic.Shares >= SharedTopic.MaxShares || _shares >= _options.MaxTracked)
        {
            Sweep(now);
            if (topic.Shares >= SharedTopic.MaxShares || _shares >= _options.MaxTracked)
            {
                return topic.Others;
            }
        }

        if (!_holdings.TryGetValue(claim.Prefix, out var holding))
        {
            _holdings[claim.Prefix] = holding = new Holding();
        }
        else if (holding.Count >= PerNetwork)
        {
            Forget(claim.Prefix, holding);
        }

        var share = topic.Add(claim.Prefix);
        holding.Add(share);
        _shares++;
        return share;
    }

    private void Forget(NetworkPrefix prefix, Holding holding)
    {
        var oldest = holding.RemoveOldest();
        oldest.Topic.Remove(prefix);
        _shares--;
        _authors -= oldest.Authors;
    }

    /// <summary>Forgets shares that were not used for long, and topics without shares whose bucket is full. At most once a second.</summary>
    private void Sweep(long now)
    {
        if (now - _sweptAt < _ticksPerSecond)
        {
            return;
        }

        _sweptAt = now;
        foreach (var (prefix, holding) in _holdings)
        {
            while (holding.Oldest is { } oldest && now - oldest.LastUse > RememberedSeconds * _ticksPerSecond)
            {
                Forget(prefix, holding);
            }

            if (holding.Count == 0)
            {
                _holdings.Remove(prefix);
            }
        }

        foreach (var (tag, topic) in _topics)
        {
            if (topic.Shares == 0 && topic.FullAt <= now)
            {
                _topics.Remove(tag);
            }
        }
    }

    /// <summary>The shares of one network, longest unused first.</summary>
    private sealed class Holding
    {
        private readonly LinkedList<TopicShare> _order = [];

        public int Count => _order.Count;

        public int Authors { get; private set; }

        public TopicShare? Oldest => _order.First?.Value;

        public void Add(TopicShare share) => share.Place = _order.AddLast(share);

        public void Use(TopicShare share, int moreAuthors)
        {
            Authors += moreAuthors;
            _order.Remove(share.Place!);
            _order.AddLast(share.Place!);
        }

        public TopicShare RemoveOldest()
        {
            var oldest = _order.First!.Value;
            _order.RemoveFirst();
            Authors -= oldest.Authors;
            return oldest;
        }
    }
}
