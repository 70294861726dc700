using System.Net;

namespace DChat.Libp2p.Swarm;

/// <summary>
/// A token bucket for each network. Bounded: when there are too many, those with the most tokens are forgotten, which costs the
/// least, because a bucket that is not known is full. Not thread-safe.
/// </summary>
/// <param name="rate">Tokens a second.</param>
/// <param name="burst">Tokens of a full bucket.</param>
/// <param name="time">The clock.</param>
internal sealed class TokenBuckets(int rate, int burst, TimeProvider time)
{
    /// <summary>Networks remembered.</summary>
    internal const int MaxNetworks = 8192;

    private readonly Dictionary<IPNetwork, Bucket> _buckets = [];

    internal int Count => _buckets.Count;

    /// <summary>Tokens of a network now.</summary>
    internal double LevelOf(IPNetwork network) => _buckets.TryGetValue(network, out var bucket) ? LevelOf(bucket) : burst;

    /// <summary>Time until the network has a token.</summary>
    internal TimeSpan WaitOf(IPNetwork network) => TimeSpan.FromSeconds(Math.Max(0, (1 - LevelOf(network)) / rate));

    internal void Take(IPNetwork network)
    {
        var left = LevelOf(network) - 1;
        if (_buckets.Count >= MaxNetworks && !_buckets.ContainsKey(network))
        {
            foreach (var (full, _) in _buckets.OrderByDescending(b => LevelOf(b.Value)).Take(MaxNetworks / 4).ToArray())
            {
                _buckets.Remove(full);
            }
        }

        _buckets[network] = new Bucket(left, time.GetTimestamp());
    }

    private double LevelOf(Bucket bucket) => Math.Min(burst, bucket.Level + (rate * time.GetElapsedTime(bucket.At).TotalSeconds));

    private readonly record struct Bucket(double Level, long At);
}
