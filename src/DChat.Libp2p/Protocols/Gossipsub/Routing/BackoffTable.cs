using DChat.Libp2p.Identity;

namespace DChat.Libp2p.Protocols.Gossipsub.Routing;

/// <summary>
/// Until when peers stay out of meshes (gossipsub-v1.1.md, "Prune Backoff"). Outlives the peer's connection, or
/// reconnecting would be a way round it. Bounded: a full table takes on nobody new.
/// </summary>
internal sealed class BackoffTable
{
    /// <summary>Back-offs kept.</summary>
    internal const int Capacity = 65_536;

    private readonly Dictionary<(string Topic, PeerId Peer), (TimeSpan Since, TimeSpan Until)> _backoffs = [];

    internal int Count => _backoffs.Count;

    /// <summary>Keeps a peer out until <paramref name="until"/>, or until later if that was said before.</summary>
    internal void Add(string topic, PeerId peer, TimeSpan now, TimeSpan until)
    {
        var known = _backoffs.TryGetValue((topic, peer), out var backoff);
        if (known || _backoffs.Count < Capacity)
        {
            _backoffs[(topic, peer)] = (now, known && backoff.Until > until ? backoff.Until : until);
        }
    }

    /// <summary>Whether the peer is to stay out at <paramref name="now"/>, and since when.</summary>
    internal bool IsActive(string topic, PeerId peer, TimeSpan now, out TimeSpan since)
    {
        var active = _backoffs.TryGetValue((topic, peer), out var backoff) && now < backoff.Until;
        since = backoff.Since;
        return active;
    }

    /// <summary>Forgets what ended before <paramref name="now"/>.</summary>
    internal void Expire(TimeSpan now)
    {
        foreach (var (key, backoff) in _backoffs)
        {
            if (backoff.Until < now)
            {
                _backoffs.Remove(key);
            }
        }
    }
}
