using DChat.Libp2p.Identity;

namespace DChat.Libp2p.Protocols.Gossip.Scoring;

/// <summary>
/// Verdicts that further copies of a message are judged by, for a while. Accepted and rejected ones have room of their own:
/// a peer that forges could push out the others.
/// </summary>
internal sealed class DeliveryRecords(int capacity)
{
    private readonly Dictionary<GossipMessageId, DeliveryRecord> _records = [];
    private readonly Queue<DeliveryRecord> _accepted = [];
    private readonly Queue<DeliveryRecord> _rejected = [];

    internal int Count => _records.Count;

    internal DeliveryRecord? Find(GossipMessageId id, TimeSpan now) =>
        _records.TryGetValue(id, out var record) && now <= record.Until ? record : null;

    /// <param name="id">The message.</param>
    /// <param name="until">Copies up to then count.</param>
    /// <param name="brought">Who has brought it already.</param>
    internal void AddAccepted(GossipMessageId id, TimeSpan until, HashSet<PeerId> brought) => Add(_accepted, new DeliveryRecord(id, until, brought));

    internal void AddRejected(GossipMessageId id, TimeSpan until) => Add(_rejected, new DeliveryRecord(id, until, null));

    internal void Expire(TimeSpan now)
    {
        Shrink(_accepted, now, capacity);
        Shrink(_rejected, now, capacity);
    }

    private void Add(Queue<DeliveryRecord> queue, DeliveryRecord record)
    {
        _records[record.Id] = record;
        queue.Enqueue(record);
        Shrink(queue, TimeSpan.MinValue, capacity);
    }

    private void Shrink(Queue<DeliveryRecord> queue, TimeSpan now, int most)
    {
        while (queue.TryPeek(out var oldest) && (queue.Count > most || oldest.Until < now))
        {
            queue.Dequeue();
            if (_records.GetValueOrDefault(oldest.Id) == oldest)
            {
                _records.Remove(oldest.Id);
            }
        }
    }
}

/// <summary>The verdict on a message.</summary>
/// <param name="Id">The message.</param>
/// <param name="Until">Copies up to then count.</param>
/// <param name="Brought">Who has brought it, when it was accepted; null when it was rejected.</param>
internal sealed record DeliveryRecord(GossipMessageId Id, TimeSpan Until, HashSet<PeerId>? Brought);
