using DChat.Core;
using DChat.Core.Clocks;
using DChat.Core.Reconciliation;
using DChat.Core.Segments;
using DChat.Core.Topics;
using DChat.Core.Wire;
using DChat.Storage.Files;

namespace DChat.Storage.Segments;

/// <summary>The part of a side index that is kept in memory: about 1.4 bytes a message and 1.3 a topic. In the file it is followed by its CRC-32C.</summary>
internal sealed record SideIndexHead
{
    private const ulong Magic = 0x3158444954414344; // "DCATIDX1"
    private const int FixedLength = 8 + 16 + 32 + 8 + 4 + 4 + 4 + 8;

    /// <summary>The log whose sequences it tells of.</summary>
    public required Guid Log { get; init; }

    /// <summary>The root of the segment.</summary>
    public required Bytes32 Root { get; init; }

    /// <summary>The salt of the filters.</summary>
    public required ulong Salt { get; init; }

    /// <summary>How many messages.</summary>
    public required int Count { get; init; }

    /// <summary>How many topics they are of.</summary>
    public required int Topics { get; init; }

    /// <summary>The sequence of the last message.</summary>
    public required uint LastSequence { get; init; }

    /// <summary>The timestamp of the newest message.</summary>
    public required HybridTimestamp LastHlc { get; init; }

    /// <summary>The sequence of the first message of each block of rows.</summary>
    public required uint[] FirstSequences { get; init; }

    public required uint[] RowChecksums { get; init; }

    public required uint[] PlaceChecksums { get; init; }

    /// <summary>The topic of the first row of each block of topics.</summary>
    public required TopicTag[] FirstTopics { get; init; }

    public required uint[] TopicChecksums { get; init; }

    public required uint[] TopicListChecksums { get; init; }

    /// <summary>The timestamp of the first message of each block of leaves.</summary>
    public required HybridTimestamp[] FirstHlcs { get; init; }

    public required uint[] LeafChecksums { get; init; }

    /// <summary>Tells which ids are not in the segment.</summary>
    public required SplitBlockFilter Filter { get; init; }

    /// <summary>Tells which topics are not in the segment.</summary>
    public required SplitBlockFilter TopicFilter { get; init; }

    /// <summary>The length in the file.</summary>
    public int ByteLength => LengthFor(Count, Topics);

    /// <summary>Reads and checks the head.</summary>
    /// <exception cref="DChatException">It is damaged or cannot be read.</exception>
    public static SideIndexHead Read(IReadFile file, string path)
    {
        try
        {
            Span<byte> start = stackalloc byte[FixedLength];
            var reader = new LittleEndianReader(start);
            if (file.Read(start, 0) < FixedLength || reader.UInt64() != Magic)
            {
                throw SegmentErrors.Corrupt(path, 0, "it is not a side index of this version");
            }

            reader.Skip(16 + 32 + 8);
            var (count, topics) = ((int)reader.UInt32(), (int)reader.UInt32());
            if (count is <= 0 or > SegmentHeader.MaxCount || topics <= 0 || topics > count)
            {
                throw SegmentErrors.Corrupt(path, FixedLength, $"{count} messages of {topics} topics");
            }

            var bytes = new byte[LengthFor(count, topics)];
            return file.Read(bytes, 0) == bytes.Length && new LittleEndianReader(bytes.AsSpan(bytes.Length - sizeof(uint))).UInt32() == Crc32C.Compute(bytes.AsSpan(0, bytes.Length - sizeof(uint)))
                ? Parse(bytes)
                : throw SegmentErrors.Corrupt(path, 0, "the head does not match its checksum");
        }
        catch (IOException e)
        {
            throw SegmentErrors.Unreadable(path, 0, e);
        }
    }

    /// <summary>The head as the file holds it.</summary>
    public byte[] ToBytes()
    {
        var bytes = new byte[ByteLength];
        var writer = new LittleEndianWriter(bytes);
        writer.UInt64(Magic);
        Log.TryWriteBytes(writer.Take(16));
        Root.CopyTo(writer.Take(Bytes32.Length));
        writer.UInt64(Salt);
        writer.UInt32((uint)Count);
        writer.UInt32((uint)Topics);
        writer.UInt32(LastSequence);
        writer.UInt64(LastHlc.Value);
        foreach (var numbers in (uint[][])[FirstSequences, RowChecksums, PlaceChecksums, TopicChecksums, TopicListChecksums, LeafChecksums])
        {
            Array.ForEach(numbers, writer.UInt32);
        }

        Array.ForEach(FirstTopics, topic => topic.CopyTo(writer.Take(TopicTag.Length)));
        Array.ForEach(FirstHlcs, hlc => writer.UInt64(hlc.Value));
        Filter.CopyTo(writer.Take(Filter.ByteLength));
        TopicFilter.CopyTo(writer.Take(TopicFilter.ByteLength));
        writer.UInt32(Crc32C.Compute(bytes.AsSpan(0, bytes.Length - sizeof(uint))));
        return bytes;
    }

    private static SideIndexHead Parse(byte[] bytes)
    {
        var reader = new LittleEndianReader(bytes);
        reader.Skip(8);
        var log = new Guid(reader.Take(16));
        var root = new Bytes32(reader.Take(Bytes32.Length));
        var salt = reader.UInt64();
        var (count, topics, lastSequence) = ((int)reader.UInt32(), (int)reader.UInt32(), reader.UInt32());
        var (blocks, topicBlocks) = (BlockTable.BlocksOf(count), BlockTable.BlocksOf(topics));
        var lastHlc = new HybridTimestamp(reader.UInt64());
        var (firstSequences, rows, places) = (reader.UInt32s(blocks), reader.UInt32s(blocks), reader.UInt32s(blocks));
        var (topicSums, topicLists, leaves) = (reader.UInt32s(topicBlocks), reader.UInt32s(blocks), reader.UInt32s(blocks));
        var firstTopics = new TopicTag[topicBlocks];
        for (var i = 0; i < firstTopics.Length; i++)
        {
            firstTopics[i] = new TopicTag(reader.Take(TopicTag.Length));
        }

        var firstHlcs = new HybridTimestamp[blocks];
        for (var i = 0; i < firstHlcs.Length; i++)
        {
            firstHlcs[i] = new HybridTimestamp(reader.UInt64());
        }

        return new SideIndexHead
        {
            Log = log,
            Root = root,
            Salt = salt,
            Count = count,
            Topics = topics,
            LastSequence = lastSequence,
            LastHlc = lastHlc,
            FirstSequences = firstSequences,
            RowChecksums = rows,
            PlaceChecksums = places,
            TopicChecksums = topicSums,
            TopicListChecksums = topicLists,
            LeafChecksums = leaves,
            FirstTopics = firstTopics,
            FirstHlcs = firstHlcs,
            Filter = new SplitBlockFilter(salt, reader.Take(SplitBlockFilter.LengthFor(count))),
            TopicFilter = new SplitBlockFilter(salt, reader.Take(SplitBlockFilter.LengthFor(topics))),
        };
    }

    private static int LengthFor(int count, int topics)
    {
        var (blocks, topicBlocks) = (BlockTable.BlocksOf(count), BlockTable.BlocksOf(topics));
        return FixedLength + (blocks * ((5 * sizeof(uint)) + sizeof(ulong))) + (topicBlocks * (sizeof(uint) + TopicTag.Length))
            + SplitBlockFilter.LengthFor(count) + SplitBlockFilter.LengthFor(topics) + sizeof(uint);
    }
}
