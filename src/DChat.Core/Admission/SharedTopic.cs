namespace DChat.Core.Admission;

/// <summary>One topic: when its bucket is full again, and who shares it.</summary>
internal sealed class SharedTopic
{
    /// <summary>How many networks have a share of a topic; one more takes the place of the one that has not used its for longest.</summary>
    public const int MaxShares = 256;

    private readonly Dictionary<NetworkPrefix, TopicShare> _shares = [];
    private long _countedAt = long.MinValue / 2;
    private int _active;

    public long FullAt { get; set; }

    public int Shares => _shares.Count;

    /// <summary>The share that was not used for longest; there must be one.</summary>
    public TopicShare LongestUnused => _shares.Values.MinBy(share => share.LastUse)!;

    public TopicShare? Find(NetworkPrefix prefix) => _shares.GetValueOrDefault(prefix);

    public TopicShare Add(NetworkPrefix prefix)
    {
        var share = new TopicShare(this, prefix);
        _shares.Add(prefix, share);
        return share;
    }

    public void Remove(TopicShare share) => _shares.Remove(share.Prefix);

    /// <summary>How many share the topic, when one of them asks: it and those from whom something was accepted lately.</summary>
    public int CountFor(TopicShare? asking, long now, long window)
    {
        // Counting once in a while keeps a topic with many shares cheap.
        if (now - _countedAt > window / 64)
        {
            _countedAt = now;
            _active = 0;
            foreach (var share in _shares.Values)
            {
                _active += IsActive(share, now, window) ? 1 : 0;
            }
        }

        return Math.Max(1, _active + (asking is not null && IsActive(asking, _countedAt, window) ? 0 : 1));
    }

    private static bool IsActive(TopicShare share, long now, long window) => now - share.LastUse <= window;
}
