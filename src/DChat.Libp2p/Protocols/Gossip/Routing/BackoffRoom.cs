using DChat.Libp2p.Identity;

namespace DChat.Libp2p.Protocols.Gossip.Routing;

/// <summary>
/// Back-offs, bounded in all and for each network. When there are too many, the one that ends first goes: of the network
/// that has too many, or of the one with most, so that whoever has few keeps them. Every change takes logarithmic time.
/// </summary>
internal sealed class BackoffRoom(int capacity, int perNetwork)
{
    private readonly Dictionary<(string Topic, PeerId Peer), Backoff> _backoffs = [];
    private readonly Dictionary<BackoffShare, Network> _networks = [];
    private readonly SortedSet<Network> _bySize = new(Comparer<Network>.Create(
        (a, b) => a.Backoffs.Count != b.Backoffs.Count ? a.Backoffs.Count.CompareTo(b.Backoffs.Count) : a.Number.CompareTo(b.Number)));

    private long _number;

    internal int Count => _backoffs.Count;

    /// <summary>Keeps a peer out until <paramref name="until"/>, or until later if that was said before.</summary>
    /// <param name="topic">The topic.</param>
    /// <param name="peer">The peer.</param>
    /// <param name="network">The network whose share the back-off takes.</param>
    /// <param name="now">The time.</param>
    /// <param name="until">When it may come back.</param>
    internal void Add(string topic, PeerId peer, BackoffShare network, TimeSpan now, TimeSpan until)
    {
        if (_backoffs.Remove((topic, peer), out var known))
        {
            Detach(known);
            until = known.Until > until ? known.Until : until;
        }

        var backoff = new Backoff((topic, peer), network, now, until, ++_number);
        _backoffs.Add(backoff.Key, backoff);
        var neighbours = Attach(backoff);
        if (neighbours.Backoffs.Count > perNetwork)
        {
            Remove(neighbours.Backoffs.Min!);
        }
        else if (_backoffs.Count > capacity)
        {
            Remove(_bySize.Max!.Backoffs.Min!);
        }
    }

    /// <summary>Whether the peer is to stay out at <paramref name="now"/>, and since when.</summary>
    internal bool IsActive(string topic, PeerId peer, TimeSpan now, out TimeSpan since)
    {
        var backoff = _backoffs.GetValueOrDefault((topic, peer));
        since = backoff?.Since ?? default;
        return backoff is not null && now < backoff.Until;
    }

    /// <summary>Forgets what ended before <paramref name="now"/>.</summary>
    internal void Expire(TimeSpan now)
    {
        foreach (var network in _networks.Values)
        {
            while (network.Backoffs.Min is { } first && first.Until < now)
            {
                Remove(first);
            }
        }
    }

    private void Remove(Backoff backoff)
    {
        _backoffs.Remove(backoff.Key);
        Detach(backoff);
    }

    private Network Attach(Backoff backoff)
    {
        if (!_networks.TryGetValue(backoff.Network, out var network))
        {
            _networks[backoff.Network] = network = new Network(++_number);
        }

        // The order is by size, so that a network leaves it while its size changes.
        _bySize.Remove(network);
        network.Backoffs.Add(backoff);
        _bySize.Add(network);
        return network;
    }

    private void Detach(Backoff backoff)
    {
        var network = _networks[backoff.Network];
        _bySize.Remove(network);
        network.Backoffs.Remove(backoff);
        if (network.Backoffs.Count > 0)
        {
            _bySize.Add(network);
        }
        else
        {
            _networks.Remove(backoff.Network);
        }
    }

    private sealed class Network(long number)
    {
        private static readonly Comparer<Backoff> EndsFirst = Comparer<Backoff>.Create(
            (a, b) => a.Until != b.Until ? a.Until.CompareTo(b.Until) : a.Number.CompareTo(b.Number));

        internal long Number => number;

        internal SortedSet<Backoff> Backoffs { get; } = new(EndsFirst);
    }

    private sealed record Backoff((string Topic, PeerId Peer) Key, BackoffShare Network, TimeSpan Since, TimeSpan Until, long Number);
}
