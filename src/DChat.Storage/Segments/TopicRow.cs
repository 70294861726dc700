using System.Buffers.Binary;
using DChat.Core.Topics;

namespace DChat.Storage.Segments;

/// <summary>A topic with a number, 20 bytes: topic tag (16), number (4), little-endian. Tables of it are in the order of the tags.</summary>
internal readonly record struct TopicRow(TopicTag Topic, uint Number)
{
    public const int RowLength = TopicTag.Length + sizeof(uint);

    public static TopicRow Read(ReadOnlySpan<byte> row) => new(new TopicTag(row[..TopicTag.Length]), BinaryPrimitives.ReadUInt32LittleEndian(row[TopicTag.Length..]));

    public void Write(Span<byte> row)
    {
        Topic.CopyTo(row);
        BinaryPrimitives.WriteUInt32LittleEndian(row[TopicTag.Length..], Number);
    }

    /// <summary>Of each topic the row with the highest number, in the order of topics.</summary>
    public static IEnumerable<TopicRow> Newest(IEnumerable<TopicRow> rows) =>
        rows.GroupBy(row => row.Topic, row => row.Number).Select(group => new TopicRow(group.Key, group.Max())).OrderBy(row => row.Topic);

    /// <summary>The row of a topic in a table; -1 when it has none.</summary>
    /// <param name="table">The table.</param>
    /// <param name="firsts">The topic of each block's first row.</param>
    /// <param name="topic">The topic.</param>
    /// <param name="found">The row.</param>
    public static int Find(BlockTable table, TopicTag[] firsts, TopicTag topic, out TopicRow found)
    {
        found = default;
        var at = Array.BinarySearch(firsts, topic);
        var block = at < 0 ? ~at - 1 : at;
        if (block < 0)
        {
            return -1;
        }

        var rows = table.Block(block);
        var row = rows.LowerBound(bytes => Read(bytes).Topic.CompareTo(topic) < 0);
        if (row == rows.End)
        {
            return -1;
        }

        found = Read(rows[row]);
        return found.Topic == topic ? row : -1;
    }
}
