using System.Collections.Immutable;
using DChat.Core;
using DChat.Core.Clocks;
using DChat.Core.Shards;
using DChat.Core.Topics;

namespace DChat.Storage.Segments;

/// <summary>The segments of a shard at one moment, in the order of their first sequences.</summary>
internal sealed class SegmentSet(ImmutableArray<SealedSegment> segments, TopicHeads topics) : ISealedMessages
{
    // The newest first.
    private readonly SealedSegment[] _byLastHlc = [.. segments.OrderByDescending(segment => segment.LastHlc)];

    public long Count { get; } = segments.Sum(segment => (long)segment.Header.Count);

    public ulong LastSequence { get; } = segments.IsEmpty ? 0 : segments.Max(segment => segment.LastSequence);

    public HybridTimestamp LastHlc { get; } = segments.IsEmpty ? default : segments.Max(segment => segment.LastHlc);

    /// <summary>What it keeps in memory, in bytes.</summary>
    public long MemoryBytes => segments.Sum(segment => (long)segment.MemoryBytes) + topics.MemoryBytes;

    public bool KnowsTopics => topics.Count > 0;

    /// <summary>The segments.</summary>
    public ImmutableArray<SealedSegment> Segments => segments;

    /// <summary>The newest sequence of each topic.</summary>
    public TopicHeads Topics => topics;

    /// <summary>The set with more segments, and other heads.</summary>
    public SegmentSet With(IEnumerable<SealedSegment> more, TopicHeads heads) =>
        Of(segments.Concat(more), heads);

    /// <summary>A set of segments.</summary>
    public static SegmentSet Of(IEnumerable<SealedSegment> segments, TopicHeads heads) =>
        new([.. segments.OrderBy(segment => segment.FirstSequence)], heads);

    public IReadOnlyList<SealedItems> Items => [.. segments.Select(segment => segment.Items)];

    public IReadOnlyList<StoredMessage> Find(IReadOnlySet<Bytes32> ids) =>
        [.. segments.SelectMany((segment, slot) => segment.Find(ids).Select(row => Told(slot, row))).OrderBy(message => message.Sequence)];

    public bool MayHold(in IndexEntry entry)
    {
        // Most messages are newer than all that is sealed, and none is in a segment that ends before it.
        foreach (var segment in _byLastHlc)
        {
            if (segment.LastHlc < entry.Hlc)
            {
                return false;
            }

            if (segment.MayHold(entry))
            {
                return true;
            }
        }

        return false;
    }

    public bool TryFind(in IndexEntry entry, out StoredMessage message)
    {
        for (var slot = 0; slot < segments.Length; slot++)
        {
            if (segments[slot].MayHold(entry) && segments[slot].TryFind(entry, out var row))
            {
                message = Told(slot, row);
                return true;
            }
        }

        message = default;
        return false;
    }

    public uint TopicHead(TopicTag topic) => topics.Find(topic);

    public IReadOnlyList<StoredMessage> After(ulong sequence, int maxCount) => Merge(sequence, maxCount, segment => segment.After(sequence));

    public IReadOnlyList<StoredMessage> After(TopicTag topic, ulong sequence, int maxCount) =>
        topics.Find(topic) == 0 ? [] : Merge(sequence, maxCount, segment => segment.After(topic, sequence));

    public IReadOnlyList<string>? Verify(Bytes32 root) => segments.FirstOrDefault(segment => segment.Root == root)?.Verify();

    public StoredEnvelopes Read(IReadOnlyList<StoredMessage> messages) => new EnvelopeRuns(messages).Read(segments);

    // Segments overlap little, so each is opened for reading only when it is its turn.
    private List<StoredMessage> Merge(ulong after, int maxCount, Func<SealedSegment, IEnumerable<SideRow>> read)
    {
        List<StoredMessage> merged = [];
        var open = new PriorityQueue<(int Slot, IEnumerator<SideRow> Rows), uint>();
        for (var slot = 0; merged.Count < maxCount;)
        {
            for (; slot < segments.Length && (open.Count == 0 || segments[slot].FirstSequence < open.Peek().Rows.Current.Sequence); slot++)
            {
                if (segments[slot].LastSequence > after)
                {
                    Advance(open, slot, read(segments[slot]).GetEnumerator());
                }
            }

            if (open.Count == 0)
            {
                break;
            }

            var (from, rows) = open.Dequeue();
            merged.Add(Told(from, rows.Current));
            Advance(open, from, rows);
        }

        return merged;
    }

    private static void Advance(PriorityQueue<(int Slot, IEnumerator<SideRow> Rows), uint> open, int slot, IEnumerator<SideRow> rows)
    {
        if (rows.MoveNext())
        {
            open.Enqueue((slot, rows), rows.Current.Sequence);
        }
    }

    private static StoredMessage Told(int slot, SideRow row) =>
        new(row.Sequence, row.TopicSequence, row.Length, row.Door, SealedLocation.Of(slot, row.Offset), row.Checksum);
}
