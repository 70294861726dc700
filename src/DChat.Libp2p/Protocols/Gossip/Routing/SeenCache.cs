using DChat.Libp2p.Identity;

namespace DChat.Libp2p.Protocols.Gossip.Routing;

/// <summary>
/// Ids seen lately, each for a fixed time from when it was first seen, or shorter when there are too many. What was accepted or
/// published has room of its own. What was refused has another, in which every peer that brings has a share: nobody
/// makes a message new again by sending others.
/// </summary>
internal sealed class SeenCache(TimeSpan ttl, GossipsubLimits limits)
{
    private readonly Dictionary<GossipMessageId, Seen> _ids = [];
    private readonly Queue<Seen> _accepted = [];
    private readonly LinkedList<Seen> _refused = [];

    /// <summary>The refused ones by who brought them, in the same order.</summary>
    private readonly Dictionary<PeerId, Queue<LinkedListNode<Seen>>> _shares = [];

    internal int Count => _ids.Count;

    internal bool Contains(GossipMessageId id) => _ids.ContainsKey(id);

    /// <summary>Remembers what was accepted or published; false when it is remembered already.</summary>
    internal bool AddAccepted(GossipMessageId id, TimeSpan since)
    {
        var seen = new Seen(id, since + ttl, Source: null, IsIgnored: false);
        if (!_ids.TryAdd(id, seen))
        {
            return false;
        }

        Accept(seen);
        return true;
    }

    /// <summary>Remembers what was rejected or ignored.</summary>
    internal void AddRefused(GossipMessageId id, TimeSpan since, PeerId source, bool isIgnored)
    {
        var seen = new Seen(id, since + ttl, source, isIgnored);
        if (!_ids.TryAdd(id, seen))
        {
            return;
        }

        if (!_shares.TryGetValue(source, out var share))
        {
            _shares[source] = share = [];
        }

        share.Enqueue(_refused.AddLast(seen));
        if (share.Count > limits.MaxRefusedPerPeer)
        {
            RemoveOldestOf(source);
        }
        else if (_refused.Count > limits.MaxRefused)
        {
            RemoveOldestOf(_refused.First!.Value.Source!);
        }
    }

    /// <summary>Whether a message was ignored.</summary>
    internal bool IsIgnored(GossipMessageId id) => _ids.TryGetValue(id, out var seen) && seen.IsIgnored;

    /// <summary>Whether a message was ignored; it counts as accepted from now on.</summary>
    internal bool TakeIgnored(GossipMessageId id)
    {
        if (!IsIgnored(id))
        {
            return false;
        }

        // Its place in the share of whoever brought it ends with its time.
        Accept(_ids[id] = _ids[id] with { Source = null, IsIgnored = false });
        return true;
    }

    internal void Expire(TimeSpan now)
    {
        while (_accepted.TryPeek(out var oldest) && oldest.Expires <= now)
        {
            Forget(_accepted.Dequeue());
        }

        while (_refused.First is { } first && first.Value.Expires <= now)
        {
            RemoveOldestOf(first.Value.Source!);
        }
    }

    private void Accept(Seen seen)
    {
        _accepted.Enqueue(seen);
        if (_accepted.Count > limits.MaxSeen)
        {
            Forget(_accepted.Dequeue());
        }
    }

    private void RemoveOldestOf(PeerId source)
    {
        var share = _shares[source];
        var node = share.Dequeue();
        if (share.Count == 0)
        {
            _shares.Remove(source);
        }

        _refused.Remove(node);
        Forget(node.Value);
    }

    private void Forget(Seen seen)
    {
        if (ReferenceEquals(_ids.GetValueOrDefault(seen.Id), seen))
        {
            _ids.Remove(seen.Id);
        }
    }

    /// <param name="Id">The message.</param>
    /// <param name="Expires">When it is forgotten.</param>
    /// <param name="Source">Who brought it, when it was refused.</param>
    /// <param name="IsIgnored">Whether it was refused without being wrong.</param>
    private sealed record Seen(GossipMessageId Id, TimeSpan Expires, PeerId? Source, bool IsIgnored);
}
