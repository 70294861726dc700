namespace DChat.Libp2p.Swarm;

/// <summary>
/// How often each name may ask: a token bucket a name. Bounded: when there are too many, those with the most tokens are forgotten,
/// because a bucket that is not known is full. Thread-safe.
/// </summary>
/// <param name="perSecond">Requests a second.</param>
/// <param name="burst">Requests at once.</param>
internal sealed class RequestRates<TName>(double perSecond, int burst)
    where TName : notnull
{
    /// <summary>Names kept account of; when there are more, those that could ask the most now are forgotten first.</summary>
    internal const int MaxNames = 8192;

    private readonly Lock _gate = new();
    private readonly Dictionary<TName, (double Tokens, TimeSpan At)> _buckets = [];

    internal int Count { get { lock (_gate) { return _buckets.Count; } } }

    /// <summary>Whether a name may ask now; then it counts.</summary>
    internal bool TryTake(TName name, TimeSpan now)
    {
        lock (_gate)
        {
            var tokens = _buckets.TryGetValue(name, out var bucket) ? Tokens(bucket, now) : burst;
            if (tokens < 1)
            {
                return false;
            }

            if (_buckets.Count >= MaxNames && !_buckets.ContainsKey(name))
            {
                MakeRoom(now);
            }

            _buckets[name] = (tokens - 1, now);
            return true;
        }
    }

    private double Tokens((double Tokens, TimeSpan At) bucket, TimeSpan now) => Math.Min(burst, bucket.Tokens + ((now - bucket.At).TotalSeconds * perSecond));

    /// <summary>Forgets an eighth of the names, so that making room is rare.</summary>
    private void MakeRoom(TimeSpan now)
    {
        foreach (var name in _buckets.OrderByDescending(b => Tokens(b.Value, now)).Take(MaxNames / 8).Select(b => b.Key).ToArray())
        {
            _buckets.Remove(name);
        }
    }
}
