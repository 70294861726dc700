using DChat.Libp2p.Identity;
using DChat.Libp2p.Protocols.Gossip.Wire;

namespace DChat.Libp2p.Protocols.Gossip.Routing;

/// <summary>
/// Messages of the last heartbeats, for whoever asks (gossipsub-v1.0.md, "Message Cache"). Bounded in count and bytes
/// beside: the oldest go early.
/// </summary>
internal sealed class MessageCache(int length, int gossip, GossipsubLimits limits)
{
    private readonly Dictionary<GossipMessageId, Entry> _entries = [];

    /// <summary>In the order they came.</summary>
    private readonly Queue<Entry> _order = [];

    private long _window;
    private long _bytes;

    internal int Count => _entries.Count;

    internal long Bytes => _bytes;

    internal void Add(GossipPacket packet)
    {
        var entry = new Entry(packet, _window);
        if (!_entries.TryAdd(packet.Id, entry))
        {
            return;
        }

        _order.Enqueue(entry);
        _bytes += packet.Frame.Length;
        while (_entries.Count > limits.MaxCachedMessages || _bytes > limits.MaxCachedBytes)
        {
            RemoveOldest();
        }
    }

    /// <summary>A message for a peer that asks for it; null when it is not here or was sent to it too often.</summary>
    internal GossipPacket? TakeFor(GossipMessageId id, PeerId peer)
    {
        if (!_entries.TryGetValue(id, out var entry))
        {
            return null;
        }

        entry.Sent ??= [];
        var sent = entry.Sent.GetValueOrDefault(peer);
        if (sent >= limits.MaxRetransmissions)
        {
            return null;
        }

        entry.Sent[peer] = sent + 1;
        return entry.Packet;
    }

    /// <summary>The ids of the newest windows, by topic.</summary>
    internal Dictionary<string, List<GossipMessageId>> RecentIds()
    {
        var recent = new Dictionary<string, List<GossipMessageId>>(StringComparer.Ordinal);
        foreach (var entry in _order)
        {
            if (entry.Window <= _window - gossip)
            {
                continue;
            }

            if (!recent.TryGetValue(entry.Packet.Topic, out var ids))
            {
                recent[entry.Packet.Topic] = ids = [];
            }

            ids.Add(entry.Packet.Id);
        }

        return recent;
    }

    /// <summary>Begins a window, and forgets the oldest.</summary>
    internal void Shift()
    {
        _window++;
        while (_order.TryPeek(out var oldest) && oldest.Window <= _window - length)
        {
            RemoveOldest();
        }
    }

    private void RemoveOldest()
    {
        var oldest = _order.Dequeue();
        _entries.Remove(oldest.Packet.Id);
        _bytes -= oldest.Packet.Frame.Length;
    }

    private sealed class Entry(GossipPacket packet, long window)
    {
        internal GossipPacket Packet => packet;

        internal long Window => window;

        /// <summary>How often it was sent to those who asked. As many as there are peers, at most, while they come and go.</summary>
        internal Dictionary<PeerId, int>? Sent { get; set; }
    }
}
