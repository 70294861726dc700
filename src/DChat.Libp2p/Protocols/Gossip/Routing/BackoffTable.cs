using DChat.Libp2p.Identity;

namespace DChat.Libp2p.Protocols.Gossip.Routing;

/// <summary>
/// Until when peers stay out of meshes (gossipsub-v1.1.md, "Prune Backoff"). Outlives the peer's connection, or
/// reconnecting would be a way round it. Bounded. What this side has said has room of its own, which no peer's prunes take;
/// and no network takes the room of others, because identities cost nothing.
/// </summary>
internal sealed class BackoffTable
{
    /// <summary>Back-offs kept of prunes that this side has sent.</summary>
    internal const int MaxSent = 16_384;

    /// <summary>Back-offs kept of prunes that peers have sent.</summary>
    internal const int MaxHeard = 49_152;

    /// <summary>Of either, those of peers of one network: a /24 of IPv4, a /48 of IPv6; and of those that come through relays in one.</summary>
    internal const int MaxPerNetwork = 1_024;

    private readonly BackoffRoom _sent = new(MaxSent, MaxPerNetwork);
    private readonly BackoffRoom _heard = new(MaxHeard, MaxPerNetwork);

    internal int Count => _sent.Count + _heard.Count;

    /// <summary>This side has pruned a peer.</summary>
    internal void AddSent(string topic, RouterPeer peer, TimeSpan now, TimeSpan until) => _sent.Add(topic, peer.Id, peer.BackoffShare, now, until);

    /// <summary>A peer has pruned this side.</summary>
    internal void AddHeard(string topic, RouterPeer peer, TimeSpan now, TimeSpan until) => _heard.Add(topic, peer.Id, peer.BackoffShare, now, until);

    /// <summary>Whether the peer is to stay out at <paramref name="now"/>, whichever side has said so.</summary>
    internal bool IsActive(string topic, PeerId peer, TimeSpan now) =>
        _sent.IsActive(topic, peer, now, out _) || _heard.IsActive(topic, peer, now, out _);

    /// <summary>
    /// Whether the peer must know that it is to stay out at <paramref name="now"/>, and since when: what it said itself
    /// before it connected it may have forgotten, as one that was started again has.
    /// </summary>
    internal bool IsKnownTo(RouterPeer peer, string topic, TimeSpan now, out TimeSpan since)
    {
        var isSent = _sent.IsActive(topic, peer.Id, now, out since);
        var isHeard = _heard.IsActive(topic, peer.Id, now, out var heardSince) && heardSince >= peer.Since;
        since = isHeard && (!isSent || heardSince > since) ? heardSince : since;
        return isSent || isHeard;
    }

    /// <summary>Forgets what ended before <paramref name="now"/>.</summary>
    internal void Expire(TimeSpan now)
    {
        _sent.Expire(now);
        _heard.Expire(now);
    }
}
