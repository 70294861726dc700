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
    private readonly SealingReader _reader = new(writer);
    private readonly List<ulong> _holes = [];
    private readonly List<TopicRow> _lost = [];

    /// <summary>
    /// Where the messages that are in no segment and never will be have stood in their topics, unless the heads of topics tell already: no
    /// other message may get their sequences, though nothing else is left of them.
    /// </summary>
    public IReadOnlyList<TopicRow> Lost => _lost;

    /// <summary>Makes the drafts.</summary>
    /// <exception cref="FencedException">The writer has been fenced.</exception>
    public async Task<List<TDraft>> DraftAsync(EpochId epoch, IReadOnlyList<IndexedMessage> messages, CancellationToken cancellationToken)
    {
        // The caller may not know of all that is sealed, when it could not be read.
        var found = new SealedSequences(sealedNow);
        var sealedClasses = sealedNow.Segments.Where(segment => segment.Header.Id.Epoch == epoch).Select(segment => segment.Header.Id.Class).ToHashSet();
        List<TDraft> drafts = [];
        foreach (var (retention, ordered) in OrderedMessages.ByClass(messages, found.Contains, each => !sealedClasses.Contains(each)))
        {
            if (await DraftAsync(new SegmentId(epoch, shard, retention), ordered, cancellationToken).ConfigureAwait(false) is { } draft)
            {
                drafts.Add(draft);
            }
        }

        return drafts;
    }

    /// <summary>What is told of the sealing.</summary>
    /// <param name="segments">The segments that were written.</param>
    public SealResult Result(IReadOnlyList<SealedRoot> segments) =>
        new(segments, [.. _holes.Except(_reader.Unread)]) { Unread = [.. _reader.Unread] };

    private async Task<TDraft?> DraftAsync(SegmentId id, IndexedMessage[] ordered, CancellationToken cancellationToken)
    {
        while (ordered.Length > 0)
        {
            List<ulong> unreadable = [];
            if (await write(id, ordered, _reader.ReadAsync, unreadable, cancellationToken).ConfigureAwait(false) is { } draft)
            {
                return draft;
            }

            _holes.AddRange(unreadable);
            var without = unreadable.ToHashSet();
            _lost.AddRange(ordered.Where(message => without.Contains(message.Sequence)).Where(IsLost)
                .Select(message => new TopicRow(message.Entry.Topic, (uint)message.TopicSequence)));
            ordered = [.. ordered.Where(message => !without.Contains(message.Sequence))];
        }

        return null;
    }

    private bool IsLost(IndexedMessage message) =>
        !_reader.Unread.Contains(message.Sequence) && sealedNow.TopicHead(message.Entry.Topic) < message.TopicSequence;
}
