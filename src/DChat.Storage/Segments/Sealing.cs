using DChat.Core.Envelopes;
using DChat.Core.Segments;
using DChat.Core.Shards;
using DChat.Core.Topics;

namespace DChat.Storage.Segments;

/// <summary>Writes one segment where a store keeps drafts; null, and the holes, when messages cannot be read back.</summary>
internal delegate ValueTask<TDraft?> WriteDraft<TDraft>(
    SegmentId id, IndexedMessage[] ordered, ReadEnvelopes read, List<ulong> holes, CancellationToken cancellationToken)
    where TDraft : class;

/// <summary>
/// What a sealing does wherever the segments are: it makes a draft for each class of what is listed, in the order of a segment, and begins
/// a draft again without the messages that cannot be read back.
/// </summary>
/// <param name="shard">The shard.</param>
/// <param name="sealedNow">What is sealed already.</param>
/// <param name="writer">Where the messages are.</param>
/// <param name="write">Writes a draft.</param>
internal sealed class Sealing<TDraft>(ShardId shard, SegmentSet sealedNow, IShardLogWriter writer, WriteDraft<TDraft> write)
    where TDraft : class
{
    /// <summary>The sequences of messages that cannot be read back, and are in no draft.</summary>
    public List<ulong> Holes { get; } = [];

    /// <summary>Makes the drafts.</summary>
    /// <exception cref="FencedException">The writer has been fenced.</exception>
    public async Task<List<TDraft>> DraftAsync(EpochId epoch, IReadOnlyList<IndexedMessage> messages, CancellationToken cancellationToken)
    {
        // The caller may not know of all that is sealed, when it could not be read.
        var found = new SealedSequences(sealedNow);
        var open = messages.Where(message => !found.Contains(message.Sequence));
        var sealedClasses = sealedNow.Segments.Where(segment => segment.Header.Id.Epoch == epoch).Select(segment => segment.Header.Id.Class).ToHashSet();
        List<TDraft> drafts = [];
        foreach (var (retention, ofClass) in ByClass(open).Where(each => !sealedClasses.Contains(each.Key)))
        {
            if (await DraftAsync(new SegmentId(epoch, shard, retention), Ordered(ofClass), cancellationToken).ConfigureAwait(false) is { } draft)
            {
                drafts.Add(draft);
            }
        }

        return drafts;
    }

    private async Task<TDraft?> DraftAsync(SegmentId id, IndexedMessage[] ordered, CancellationToken cancellationToken)
    {
        while (ordered.Length > 0)
        {
            List<ulong> unreadable = [];
            if (await write(id, ordered, ReadUnlessFenced, unreadable, cancellationToken).ConfigureAwait(false) is { } draft)
            {
                return draft;
            }

            Holes.AddRange(unreadable);
            var without = unreadable.ToHashSet();
            ordered = [.. ordered.Where(message => !without.Contains(message.Sequence))];
        }

        return null;
    }

    // Who opens the shard may wait until nothing is being sealed here.
    private ValueTask<StoredEnvelopes> ReadUnlessFenced(ReadOnlyMemory<IndexedMessage> messages, CancellationToken cancellationToken) =>
        writer.IsFenced ? throw new FencedException() : writer.ReadAsync(messages, cancellationToken);

    // By keys of eight bytes: sorting the messages themselves would move a hundred bytes at each step.
    private static IndexedMessage[] Ordered(List<IndexedMessage> messages)
    {
        var hlcs = new ulong[messages.Count];
        var order = new int[messages.Count];
        for (var i = 0; i < order.Length; i++)
        {
            (hlcs[i], order[i]) = (messages[i].Entry.Hlc.Value, i);
        }

        Array.Sort(hlcs, order);
        for (int start = 0, end = 1; end <= hlcs.Length; end++)
        {
            if (end == hlcs.Length || hlcs[end] != hlcs[start])
            {
                order.AsSpan(start, end - start).Sort((a, b) => messages[a].Entry.Id.CompareTo(messages[b].Entry.Id));
                start = end;
            }
        }

        return Array.ConvertAll(order.Length <= SegmentHeader.MaxCount ? order : order[..SegmentHeader.MaxCount], at => messages[at]);
    }

    private static Dictionary<RetentionClass, List<IndexedMessage>> ByClass(IEnumerable<IndexedMessage> messages)
    {
        var classes = new Dictionary<RetentionClass, List<IndexedMessage>>();
        foreach (var message in messages)
        {
            if (!classes.TryGetValue(message.Entry.Class, out var ofClass))
            {
                classes[message.Entry.Class] = ofClass = [];
            }

            ofClass.Add(message);
        }

        return classes;
    }
}
