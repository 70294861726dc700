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
/// no room is let through as a topic within its rate, and a network for which a topic has no share left takes the place of
/// another: too many networks cost fairness and silence nobody.
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

        // A network without a share waits as if it had a new one.
        var share = topic.Find(claim.Prefix);
        var part = PartOf(topic, share, now);
        return Math.Min(wait, (long)Math.Ceiling((share ?? new TopicShare(topic, claim.Prefix)).WaitFor(claim.Author, claim.Tokens, part, now)));
    }

    /// <summary>Takes the tokens, or what there is of them; returns what was taken.</summary>
    public TopicTaken Take(in TopicClaim claim, long now)
    {
        if (TopicOf(claim.Topic, now) is not { } topic)
        {
            return default;
        }

        var before = Math.Max(now, topic.FullAt);
        topic.FullAt = Math.Min(before + (claim.Tokens * _ticksPerToken), now + _ticksToFill);
        return new TopicTaken(topic.FullAt - before, TakeFromShare(topic, claim, now));
    }

    /// <summary>Gives back what <see cref="Take"/> took.</summary>
    public void Give(in TopicClaim claim, in TopicTaken taken, long now)
    {
        if (_topics.TryGetValue(claim.Topic, out var topic))
        {
            topic.FullAt = Math.Max(now, topic.FullAt - taken.TopicTicks);
            topic.Find(claim.Prefix)?.Give(taken.Share);
        }
    }

    private int PerNetwork => Math.Max(1, _options.MaxTracked / PartOfNetwork);

    private (double Tokens, bool WasKnown) TakeFromShare(SharedTopic topic, in TopicClaim claim, long now)
    {
        if ((topic.Find(claim.Prefix) ?? AddShare(topic, claim.Prefix, now)) is not { } share)
        {
            return default;
        }

        var holding = _holdings[claim.Prefix];
        var mayRemember = holding.Authors < PerNetwork && _authors < _options.MaxTracked;
        var before = share.Authors;
        var taken = share.Take(
            claim.Author, claim.Tokens, PartOf(topic, share, now), now, now - (RememberedSeconds * _ticksPerSecond), mayRemember);
        holding.Use(share, share.Authors - before);
        _authors += share.Authors - before;
        return taken;
    }

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

    // Returns null when there is no room for another share.
    private TopicShare? AddShare(SharedTopic topic, NetworkPrefix prefix, long now)
    {
        if (topic.Shares >= SharedTopic.MaxShares)
        {
            Forget(topic.LongestUnused);
        }

        if (_holdings.TryGetValue(prefix, out var holding) && holding.Count >= PerNetwork)
        {
            Forget(holding.Oldest!);
        }

        if (_shares >= _options.MaxTracked)
        {
            Sweep(now);
            if (_shares >= _options.MaxTracked)
            {
                return null;
            }
        }

        var share = topic.Add(prefix);
        if (!_holdings.TryGetValue(prefix, out holding))
        {
            _holdings[prefix] = holding = new Holding();
        }

        holding.Add(share);
        _shares++;
        return share;
    }

    private void Forget(TopicShare share)
    {
        share.Topic.Remove(share);
        var holding = _holdings[share.Prefix];
        holding.Remove(share);
        if (holding.Count == 0)
        {
            _holdings.Remove(share.Prefix);
        }

        _shares--;
        _authors -= share.Authors;
    }

    /// <summary>Forgets shares that were not used for long, and topics without shares whose bucket is full. At most once a second.</summary>
    private void Sweep(long now)
    {
        if (now - _sweptAt < _ticksPerSecond)
        {
            return;
        }

        _sweptAt = now;
        foreach (var holding in _holdings.Values)
        {
            while (holding.Oldest is { } oldest && now - oldest.LastUse > RememberedSeconds * _ticksPerSecond)
            {
                Forget(oldest);
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

        public void Remove(TopicShare share)
        {
            _order.Remove(share.Place!);
            Authors -= share.Authors;
        }
    }
}
