using System.Diagnostics;
using DChat.Abstractions.Messages;
using DChat.Core.Envelopes;
using DChat.Core.Shards;

namespace DChat.Abstractions.Streams;

/// <summary>
/// Unopened messages of one shard in log order, packed as the cluster sent them. Ranges of one subscription follow each
/// other without gap or overlap; what a range skips has been pruned or, in a read of one topic, is of other topics.
/// </summary>
public sealed class EnvelopeRange
{
    private readonly ulong[]? _sequences;
    private readonly ulong[]? _topicSequences;
    private readonly Door[] _doors;

    private EnvelopeRange(
        LogId log,
        ulong first,
        ulong through,
        EnvelopeBatch envelopes,
        ulong[]? sequences,
        ulong[]? topicSequences,
        Door[] doors,
        string? traceParent,
        ulong[]? holes = null)
    {
        Debug.Assert(sequences is null || sequences.Length == envelopes.Count, "One sequence for each envelope.");
        Log = log;
        First = first;
        Through = through;
        Envelopes = envelopes;
        TraceParent = traceParent;
        _sequences = sequences;
        _topicSequences = topicSequences;
        _doors = doors;
        Holes = holes is null ? [] : [.. holes.Select(sequence => new LogPosition(log, sequence))];
    }

    /// <summary>The log that the sequences belong to.</summary>
    public LogId Log { get; }

    /// <summary>The envelopes; shared with other subscribers, so not to be changed.</summary>
    public EnvelopeBatch Envelopes { get; }

    /// <summary>The W3C trace parent of the append that brought these; null for messages read back, or when it is not sampled.</summary>
    public string? TraceParent { get; }

    /// <summary>Where messages stand whose stored bytes are damaged, ascending; none in live ranges.</summary>
    public IReadOnlyList<LogPosition> Holes { get; }

    /// <summary>The position to go on after.</summary>
    public LogPosition Cursor => new(Log, Through);

    /// <summary>The first sequence that the range speaks for, whether or not a message stands there.</summary>
    public ulong First { get; }

    /// <summary>The last sequence that the range speaks for; <see cref="First"/> − 1 when it speaks for none.</summary>
    public ulong Through { get; }

    /// <summary>Whether the range says only that its messages stayed in the log.</summary>
    public bool IsSkipped { get; private init; }

    /// <summary>The shard sequence of an envelope.</summary>
    /// <param name="index">0 to the count of <see cref="Envelopes"/> − 1.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="index"/> is outside the range.</exception>
    public ulong SequenceAt(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Envelopes.Count);
        return _sequences is null ? First + (ulong)index : _sequences[index];
    }

    /// <summary>By which door an envelope came to the relay.</summary>
    /// <param name="index">0 to the count of <see cref="Envelopes"/> − 1.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="index"/> is outside the range.</exception>
    public Door DoorAt(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Envelopes.Count);
        return _doors[index];
    }

    /// <summary>The topic sequence of an envelope; null in live ranges, which do not carry it.</summary>
    public ulong? TopicSequenceAt(int index) => _topicSequences?[index];

    /// <summary>A batch as a stream brings it.</summary>
    public static EnvelopeRange Of(ShardBatch batch) => new(
        batch.Log,
        batch.FirstSequence,
        batch.ThroughSequence,
        batch.Envelopes,
        sequences: null,
        topicSequences: null,
        [.. Enumerable.Repeat(batch.Door, batch.Envelopes.Count)],
        batch.TraceParent)
    {
        IsSkipped = batch.IsSkipped,
    };

    /// <summary>What was read after a position. An empty reply says that nothing stands between there and the head.</summary>
    public static EnvelopeRange Of(LogPosition after, ReadReply reply)
    {
        var through = reply.Through ?? Math.Max(after.Sequence, reply.Head.Sequence);
        return new EnvelopeRange(
            after.Log,
            after.Sequence + 1,
            through,
            reply.Envelopes,
            reply.Sequences,
            reply.TopicSequences,
            reply.Doors,
            traceParent: null,
            reply.Holes);
    }

    /// <summary>The part of the range after a sequence within it; the range itself when nothing is cut off.</summary>
    public EnvelopeRange After(ulong sequence)
    {
        Debug.Assert(sequence + 1 >= First && sequence <= Through, "The sequence stands within the range.");
        var skip = 0;
        while (skip < Envelopes.Count && SequenceAt(skip) <= sequence)
        {
            skip++;
        }

        return skip == 0 ? this : Select(sequence + 1, [.. Enumerable.Range(skip, Envelopes.Count - skip)]);
    }

    /// <summary>Some of the envelopes, as a range that speaks for everything from a sequence to <see cref="Through"/>.</summary>
    /// <param name="first">The first sequence that it speaks for.</param>
    /// <param name="kept">Which envelopes, ascending.</param>
    public EnvelopeRange Select(ulong first, IReadOnlyList<int> kept) => kept.Count == Envelopes.Count && first == First
        ? this
        : new EnvelopeRange(
            Log,
            first,
            Through,
            Envelopes.Select(kept),
            [.. kept.Select(SequenceAt)],
            _topicSequences is null ? null : [.. kept.Select(i => _topicSequences[i])],
            [.. kept.Select(i => _doors[i])],
            TraceParent,
            [.. Holes.Where(hole => hole.Sequence >= first).Select(hole => hole.Sequence)]);
}
