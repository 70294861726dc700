using System.Buffers.Binary;
using DChat.Core;
using DChat.Core.Clocks;
using DChat.Core.Reconciliation;
using DChat.Core.Topics;
using DChat.Storage.Files;

namespace DChat.Storage.Segments;

/// <summary>
/// What this relay alone knows of a sealed segment: under which sequences its messages came, by which door, of which topics. The file
/// holds first what is kept in memory (checksums, the first key of each block of each table, a filter of ids), then the tables. A row is
/// the message's number in order of sequence; a place its number in the segment.
/// </summary>
internal sealed class SideIndex
{
    private readonly SideIndexHead _head;
    private readonly BlockTable _rows;
    private readonly BlockTable _rowsOfPlaces;
    private readonly BlockTable _topics;
    private readonly BlockTable _rowsOfTopics;

    private SideIndex(SideIndexHead head, IReadFile file, string path)
    {
        _head = head;
        long offset = head.ByteLength;
        BlockTable Table(int rowLength, int count, uint[] checksums)
        {
            var table = new BlockTable(file, path, offset, rowLength, count, checksums);
            offset += (long)rowLength * count;
            return table;
        }

        _rows = Table(SideRow.RowLength, head.Count, head.RowChecksums);
        _rowsOfPlaces = Table(sizeof(uint), head.Count, head.PlaceChecksums);
        _topics = Table(TopicRow.RowLength, head.Topics, head.TopicChecksums);
        _rowsOfTopics = Table(sizeof(uint), head.Count, head.TopicListChecksums);
        if (file.Length != offset)
        {
            throw SegmentErrors.Corrupt(path, Math.Min(file.Length, offset), $"the file has {file.Length} bytes, but should have {offset}");
        }
    }

    /// <summary>What it keeps in memory, in bytes.</summary>
    public int MemoryBytes => _head.ByteLength;

    /// <summary>The sequence of the first message.</summary>
    public ulong FirstSequence => _head.FirstSequences[0];

    /// <summary>The sequence of the last message.</summary>
    public ulong LastSequence => _head.LastSequence;

    /// <summary>The timestamp of the newest message.</summary>
    public HybridTimestamp LastHlc => _head.LastHlc;

    /// <summary>The timestamp of the first message of each block of leaves.</summary>
    public HybridTimestamp[] FirstHlcs => _head.FirstHlcs;

    /// <summary>The checksum of each block of leaves.</summary>
    public uint[] LeafChecksums => _head.LeafChecksums;

    /// <summary>Tells which ids are not in the segment.</summary>
    public SplitBlockFilter Filter => _head.Filter;

    /// <summary>Opens the side index of a segment.</summary>
    /// <exception cref="DChatException">It is damaged, or of another segment or log.</exception>
    public static SideIndex Open(IReadFile file, string path, Guid log, Bytes32 root, int count)
    {
        var head = SideIndexHead.Read(file, path);
        return head.Root == root && head.Count == count && head.Log == log
            ? new SideIndex(head, file, path)
            : throw SegmentErrors.Corrupt(path, 0, "it is the side index of another segment, or of another log");
    }

    /// <summary>The messages after a sequence, in order.</summary>
    public IEnumerable<SideRow> After(ulong sequence)
    {
        if (sequence >= LastSequence)
        {
            yield break;
        }

        var at = Array.BinarySearch(_head.FirstSequences, (uint)sequence);
        var block = _rows.Block(Math.Max(0, at < 0 ? ~at - 1 : at));
        var first = block.LowerBound(row => SideRow.SequenceOf(row) <= sequence);
        foreach (var (_, row) in _rows.From(first))
        {
            yield return SideRow.Read(row.Span);
        }
    }

    /// <summary>The messages of a topic after a sequence, in order.</summary>
    public IEnumerable<SideRow> After(TopicTag topic, ulong sequence)
    {
        // Most topics are in few segments, and whoever fetches one may ask of all.
        if (sequence >= LastSequence || !_head.TopicFilter.MayContain(topic))
        {
            yield break;
        }

        var (first, end) = RowsOf(topic);
        foreach (var (number, row) in _rowsOfTopics.From(LowerBound(first, end, sequence)))
        {
            if (number == end)
            {
                yield break;
            }

            yield return Row(BinaryPrimitives.ReadInt32LittleEndian(row.Span));
        }
    }

    /// <summary>The message at a place in the segment.</summary>
    public SideRow AtPlace(int place) => Row(Number(_rowsOfPlaces, place));

    private (int First, int End) RowsOf(TopicTag topic)
    {
        var number = TopicRow.Find(_topics, _head.FirstTopics, topic, out var found);
        if (number < 0)
        {
            return (0, 0);
        }

        var next = number + 1;
        return ((int)found.Number, next == _topics.Count ? _rowsOfTopics.Count : (int)TopicRow.Read(_topics.Block(next / BlockTable.BlockRows)[next]).Number);
    }

    // The rows of a topic ascend, and so do their sequences.
    private int LowerBound(int first, int end, ulong after)
    {
        while (first < end)
        {
            var middle = (first + end) / 2;
            (first, end) = Row(Number(_rowsOfTopics, middle)).Sequence <= after ? (middle + 1, end) : (first, middle);
        }

        return first;
    }

    private SideRow Row(int number) => SideRow.Read(_rows.Block(number / BlockTable.BlockRows)[number]);

    private static int Number(BlockTable table, int row) => BinaryPrimitives.ReadInt32LittleEndian(table.Block(row / BlockTable.BlockRows)[row]);
}
