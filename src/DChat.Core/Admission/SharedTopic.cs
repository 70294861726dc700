namespace DChat.Core.Admission;

/// <summary>One topic: when its bucket is full again, and who shares it.</summary>
internal sealed class SharedTopic
{
    /// <summary>How many networks of a topic have a share of their own; all others have one together.</summary>
    public const int MaxShares = 256;

    private readonly Dictionary<NetworkPrefix, TopicShare> _shares = [];
    private readonly TopicShare _others;
    private long _countedAt = long.MinValue / 2;
    private int _active;

    public SharedTopic() => _others = new TopicShare(this);

    public long FullAt { get; set; }

    public int Shares => _shares.Count;

    /// <summary>The share of a network that has none of its own.</summary>
    public TopicShare Others => _others;

    public TopicShare? Find(NetworkPrefix prefix) => _shares.GetValueOrDefault(prefix);

    public TopicShare Add(NetworkPrefix prefix)
    {
        var share = new TopicShare(this);
        _shares.Add(prefix, share);
        return share;
    }

    public void Remove(NetworkPrefix prefix) => _shares.Remove(prefix);

    /// <summary>How many share the topic, when one of them asks: it and those from whom something was accepted lately.</summary>
    public int CountFor(TopicShare? asking, long now, long window)
    {
        // Counting once in a while keeps a topic with many shares cheap.
        if (now - _countedAt > window / 64)
        {
            _countedAt = now;
            _active = IsActive(_others, now, window) ? 1 : 0;
            foreach (var share in _shares.Values)
            {
                _active += IsActive(share, now, window) ? 1 : 0;
            }
        }

        return Math.Max(1, _active + (asking is not null && IsActive(asking, _countedAt, window) ? 0 : 1));
    }

    private static bool IsActive(TopicShare share, long now, long window) => now - share.LastUse <= window;
}
