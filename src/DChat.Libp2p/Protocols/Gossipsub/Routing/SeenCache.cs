namespace DChat.Libp2p.Protocols.Gossipsub.Routing;

/// <summary>Ids seen lately, each for a fixed time from when it was first seen, or shorter when there are too many.</summary>
internal sealed class SeenCache(TimeSpan ttl, int capacity)
{
    private readonly Dictionary<GossipMessageId, bool> _ids = [];
    private readonly Queue<(GossipMessageId Id, TimeSpan Expires)> _order = [];

    internal int Count => _ids.Count;

    internal bool Contains(GossipMessageId id) => _ids.ContainsKey(id);

    /// <summary>Remembers an id; false when it is remembered already.</summary>
    internal bool Add(GossipMessageId id, TimeSpan now)
    {
        if (!_ids.TryAdd(id, false))
        {
            return false;
        }

        _order.Enqueue((id, now + ttl));
        if (_ids.Count > capacity)
        {
            _ids.Remove(_order.Dequeue().Id);
        }

        return true;
    }

    /// <summary>Notes that a message was not wanted when it came; forgotten like the id itself.</summary>
    internal void MarkIgnored(GossipMessageId id)
    {
        if (_ids.ContainsKey(id))
        {
            _ids[id] = true;
        }
    }

    /// <summary>Whether a message was ignored.</summary>
    internal bool IsIgnored(GossipMessageId id) => _ids.GetValueOrDefault(id);

    /// <summary>Whether a message was ignored; it is not from now on.</summary>
    internal bool TakeIgnored(GossipMessageId id)
    {
        if (!IsIgnored(id))
        {
            return false;
        }

        _ids[id] = false;
        return true;
    }

    internal void Expire(TimeSpan now)
    {
        while (_order.TryPeek(out var oldest) && oldest.Expires <= now)
        {
            _ids.Remove(_order.Dequeue().Id);
        }
    }
}
