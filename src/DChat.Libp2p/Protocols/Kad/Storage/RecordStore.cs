using System.Globalization;
using DChat.Libp2p.Protocols.Kad.Routing;
using DChat.Libp2p.Protocols.Kad.Wire;

namespace DChat.Libp2p.Protocols.Kad.Storage;

/// <summary>The records kept for others: the best of each key, judged when it comes and again when it is given out. Thread-safe.</summary>
internal sealed class RecordStore(RecordValidators validators, KademliaLimits limits, TimeSpan expiry)
{
    /// <summary>What a record takes beside its key and value, in bytes.</summary>
    private const int Overhead = 256;

    private readonly Lock _gate = new();
    private readonly FairStore<KadId, StoredRecord> _records = new(limits.MaxRecords, limits.MaxRecordBytes);

    internal int Count { get { lock (_gate) { return _records.Count; } } }

    /// <summary>Keeps a record if it is right and none that is kept is better.</summary>
    /// <param name="key">Its key.</param>
    /// <param name="value">Its value.</param>
    /// <param name="share">Whom it counts to. One that is kept already goes on counting to whom it did.</param>
    /// <param name="now">The time that its expiry goes by, which does not jump.</param>
    /// <param name="wallClock">The time that others are told it came at.</param>
    internal PutOutcome Put(ReadOnlyMemory<byte> key, ReadOnlyMemory<byte> value, string share, DateTimeOffset now, DateTimeOffset wallClock)
    {
        if (validators.Find(key.Span) is null)
        {
            return PutOutcome.UnknownNamespace;
        }

        if (!validators.IsRight(key, value))
        {
            return PutOutcome.Invalid;
        }

        var id = KadId.Of(key.Span);
        var record = new StoredRecord(new KadRecord(key, value, wallClock.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff'00Z'", CultureInfo.InvariantCulture)), now);
        var kept = Find(id, now);
        if (kept is not null && !kept.Record.Value.Span.SequenceEqual(value.Span) && !validators.IsBetter(key, value, kept.Record.Value))
        {
            return PutOutcome.Stale;
        }

        lock (_gate)
        {
            // The validator was not called under the lock; whoever came meanwhile loses to the one that comes last, which
            // the next to put or to get the better one repairs.
            if (_records.TryGet(id, out var same) && same.Record.Value.Span.SequenceEqual(value.Span))
            {
                _records.Update(id, record);
                return PutOutcome.Stored;
            }

            return _records.TryPut(id, record, key.Length + value.Length + Overhead, share) ? PutOutcome.Stored : PutOutcome.Full;
        }
    }

    /// <summary>The record of a key, if it is still right.</summary>
    internal KadRecord? Get(ReadOnlyMemory<byte> key, DateTimeOffset now) => Find(KadId.Of(key.Span), now)?.Record;

    /// <summary>Drops what has expired.</summary>
    internal void Sweep(DateTimeOffset now)
    {
        lock (_gate)
        {
            foreach (var (key, _) in _records.Items.Where(r => now - r.Value.ReceivedAt >= expiry).ToArray())
            {
                _records.Remove(key);
            }
        }
    }

    private StoredRecord? Find(KadId id, DateTimeOffset now)
    {
        StoredRecord? stored;
        lock (_gate)
        {
            stored = _records.TryGet(id, out var found) ? found : null;
        }

        if (stored is null || (now - stored.ReceivedAt < expiry && validators.IsRight(stored.Record.Key, stored.Record.Value)))
        {
            return stored;
        }

        lock (_gate)
        {
            if (_records.TryGet(id, out var current) && current == stored)
            {
                _records.Remove(id);
            }
        }

        return null;
    }
}
