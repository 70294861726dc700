namespace DChat.Libp2p.Protocols.Gossip;

/// <summary>
/// Bytes waiting in all outboxes together. Beyond the limit the fullest gives up half of what waits in it, as often as need be:
/// peers that read slowly pay for it, and the others notice nothing.
/// </summary>
internal sealed class OutboxBudget(long most)
{
    private long _bytes;

    internal long Bytes => Interlocked.Read(ref _bytes);

    internal bool IsExceeded => Bytes > most;

    internal void Add(long bytes) => Interlocked.Add(ref _bytes, bytes);

    /// <summary>Makes room. Each round looks at every outbox, and frees at least half of an equal share.</summary>
    internal void Relieve(IEnumerable<GossipOutbox> outboxes)
    {
        while (IsExceeded && outboxes.MaxBy(o => o.Bytes) is { Bytes: > 0 } fullest)
        {
            fullest.ShrinkTo(fullest.Bytes / 2);
        }
    }
}
