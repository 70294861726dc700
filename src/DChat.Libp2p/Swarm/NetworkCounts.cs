using System.Net;

namespace DChat.Libp2p.Swarm;

/// <summary>How much each network holds. Not thread-safe.</summary>
internal sealed class NetworkCounts(NetworkLimits limits)
{
    private readonly Dictionary<IPNetwork, int> _counts = [];

    /// <summary>Networks that hold something.</summary>
    internal int Count => _counts.Count;

    internal void Add(IReadOnlyList<IPNetwork> networks)
    {
        foreach (var network in networks)
        {
            _counts[network] = _counts.GetValueOrDefault(network) + 1;
        }
    }

    internal void Remove(IReadOnlyList<IPNetwork> networks)
    {
        foreach (var network in networks)
        {
            if (--_counts[network] == 0)
            {
                _counts.Remove(network);
            }
        }
    }

    /// <summary>The narrowest of the networks that holds as much as it may; null when each has room.</summary>
    internal IPNetwork? FullOf(IReadOnlyList<IPNetwork> networks)
    {
        foreach (var network in networks)
        {
            if (_counts.GetValueOrDefault(network) >= limits.Of(network))
            {
                return network;
            }
        }

        return null;
    }
}
