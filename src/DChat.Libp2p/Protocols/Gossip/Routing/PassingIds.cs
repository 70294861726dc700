namespace DChat.Libp2p.Protocols.Gossip.Routing;

/// <summary>
/// Messages that are remembered for some heartbeats each, such as those that a peer has said not to send it (gossipsub-v1.2.md).
/// A heartbeat looks only at those that are over, not at all of them.
/// </summary>
internal sealed class PassingIds
{
    private readonly Dictionary<GossipMessageId, long> _untils = [];

    /// <summary>In the order they end. One that was added again is in it twice.</summary>
    private readonly Queue<(GossipMessageId Id, long Until)> _order = [];

    internal int Count => _order.Count;

    internal bool Contains(GossipMessageId id) => _untils.ContainsKey(id);

    /// <summary>Remembers a message until a heartbeat that is not before that of any other.</summary>
    internal void Add(GossipMessageId id, long until)
    {
        _untils[id] = until;
        _order.Enqueue((id, until));
    }

    internal void Expire(long heartbeat)
    {
        while (_order.TryPeek(out var oldest) && oldest.Until <= heartbeat)
        {
            _order.Dequeue();
            if (_untils.TryGetValue(oldest.Id, out var until) && until <= heartbeat)
            {
                _untils.Remove(oldest.Id);
            }
        }
    }
}
