using System.Globalization;
using DChat.Core;
using DChat.Core.Topics;
using DChat.Core.Wire;
using DChat.Storage.Files;

namespace DChat.Storage.Segments;

/// <summary>
/// For every topic that ever had a sealed message its newest sequence in the topic, in a file that each sealing writes anew, before the
/// segments themselves. It outlives them, so that a topic never begins again. Magic (8), count (4), the first topic of each block (16
/// each), the checksum of each block (4 each), CRC-32C of all that (4), then rows in the order of topics.
/// </summary>
internal sealed class TopicHeads
{
    /// <summary>The end of the file's name; before it stands a number that rises.</summary>
    public const string Extension = ".topics";

    private const ulong Magic = 0x3150544154414344; // "DCATATP1"
    private const int FixedLength = sizeof(ulong) + sizeof(uint);
    private const int NumberLength = 20;
    private const int RowsAtOnce = 32 * BlockTable.BlockRows;

    private readonly BlockTable? _table;
    private readonly TopicTag[] _firsts;

    private TopicHeads(ulong number, BlockTable? table, TopicTag[] firsts) => (Number, _table, _firsts) = (number, table, firsts);

    /// <summary>No topic yet.</summary>
    public static TopicHeads None { get; } = new(0, null, []);

    /// <summary>The number of the file; 0 when there is none.</summary>
    public ulong Number { get; }

    /// <summary>What it keeps in memory, in bytes.</summary>
    public int MemoryBytes => _firsts.Length * (TopicTag.Length + sizeof(uint));

    /// <summary>How many topics.</summary>
    public int Count => _table?.Count ?? 0;

    /// <summary>The length of the file in bytes; of one that is not there yet, too.</summary>
    public long ByteLength => HeadLength(Count) + ((long)Count * TopicRow.RowLength);

    /// <summary>The name of the file with a number.</summary>
    public static string FileName(ulong number) => number.ToString($"D{NumberLength}", CultureInfo.InvariantCulture) + Extension;

    /// <summary>Whether a file has the name of heads; another with the same extension is none of ours.</summary>
    public static bool IsFileName(string file) =>
        file.Length == NumberLength + Extension.Length && file.EndsWith(Extension, StringComparison.Ordinal)
        && ulong.TryParse(file.AsSpan(0, NumberLength), NumberStyles.None, CultureInfo.InvariantCulture, out _);

    /// <summary>Opens a file.</summary>
    /// <exception cref="DChatException">It is damaged or cannot be read.</exception>
    public static TopicHeads Open(ulong number, IReadFile file, string path)
    {
        try
        {
            var head = new byte[FixedLength];
            var reader = new LittleEndianReader(head);
            if (file.Read(head, 0) < head.Length || reader.UInt64() != Magic)
            {
                throw SegmentErrors.Corrupt(path, 0, "not the heads of topics of this version");
            }

            var count = (int)reader.UInt32();
            if (count < 0 || file.Length != HeadLength(count) + ((long)count * TopicRow.RowLength))
            {
                throw SegmentErrors.Corrupt(path, sizeof(ulong), $"{count} topics in {file.Length} bytes");
            }

            return Read(number, file, path, count);
        }
        catch (IOException e)
        {
            throw SegmentErrors.Unreadable(path, 0, e);
        }
    }

    /// <summary>The sequence in a topic of its newest sealed message; 0 when it never had one.</summary>
    public uint Find(TopicTag topic) => _table is not null && TopicRow.Find(_table, _firsts, topic, out var row) >= 0 ? row.Number : 0;

    /// <summary>Writes these heads and newer ones to an empty file; durable when this returns.</summary>
    /// <param name="newer">In the order of topics, each once.</param>
    /// <param name="file">Where to.</param>
    public void Write(IEnumerable<TopicRow> newer, IFile file)
    {
        // Twice over the rows rather than all of them in memory: there are as many as topics ever were.
        var later = newer.ToList();
        var count = Rows(later).Count();
        var (firsts, checksums) = (new List<TopicTag>(), new List<uint>());
        var (offset, unsynced) = ((long)HeadLength(count), 0);
        foreach (var rows in Rows(later).Chunk(RowsAtOnce))
        {
            var table = new byte[rows.Length * TopicRow.RowLength];
            for (var i = 0; i < rows.Length; i++)
            {
                rows[i].Write(table.AsSpan(i * TopicRow.RowLength));
            }

            firsts.AddRange(rows.Where((_, i) => i % BlockTable.BlockRows == 0).Select(row => row.Topic));
            checksums.AddRange(BlockTable.ChecksumsOf(table, TopicRow.RowLength));
            file.Write(table, offset);
            offset += table.Length;
            unsynced += table.Length;
            if (unsynced >= SegmentWriter.SyncedBytes)
            {
                file.Sync();
                unsynced = 0;
            }
        }

        file.Write(Head(count, firsts, checksums), 0);
        file.Sync();
    }

    private IEnumerable<TopicRow> Rows(List<TopicRow> newer) => Merge(_table?.From(0).Select(row => TopicRow.Read(row.Row.Span)) ?? [], newer);

    private static byte[] Head(int count, List<TopicTag> firsts, List<uint> checksums)
    {
        var head = new byte[HeadLength(count)];
        var writer = new LittleEndianWriter(head);
        writer.UInt64(Magic);
        writer.UInt32((uint)count);
        firsts.ForEach(topic => topic.CopyTo(writer.Take(TopicTag.Length)));
        checksums.ForEach(writer.UInt32);
        writer.UInt32(Crc32C.Compute(head.AsSpan(0, head.Length - sizeof(uint))));
        return head;
    }

    private static TopicHeads Read(ulong number, IReadFile file, string path, int count)
    {
        var bytes = new byte[HeadLength(count)];
        file.Read(bytes, 0);
        if (new LittleEndianReader(bytes.AsSpan(bytes.Length - sizeof(uint))).UInt32() != Crc32C.Compute(bytes.AsSpan(0, bytes.Length - sizeof(uint))))
        {
            throw SegmentErrors.Corrupt(path, 0, "the head does not match its checksum");
        }

        var reader = new LittleEndianReader(bytes.AsSpan(FixedLength));
        var firsts = new TopicTag[BlockTable.BlocksOf(count)];
        for (var i = 0; i < firsts.Length; i++)
        {
            firsts[i] = new TopicTag(reader.Take(TopicTag.Length));
        }

        return new TopicHeads(number, new BlockTable(file, path, bytes.Length, TopicRow.RowLength, count, reader.UInt32s(firsts.Length)), firsts);
    }

    private static int HeadLength(int count) => FixedLength + (BlockTable.BlocksOf(count) * (TopicTag.Length + sizeof(uint))) + sizeof(uint);

    private static IEnumerable<TopicRow> Merge(IEnumerable<TopicRow> older, IEnumerable<TopicRow> newer)
    {
        using var rest = older.GetEnumerator();
        var has = rest.MoveNext();
        foreach (var row in newer)
        {
            for (; has && rest.Current.Topic < row.Topic; has = rest.MoveNext())
            {
                yield return rest.Current;
            }

            var same = has && rest.Current.Topic == row.Topic;
            yield return same ? row with { Number = Math.Max(row.Number, rest.Current.Number) } : row;
            has = same ? rest.MoveNext() : has;
        }

        for (; has; has = rest.MoveNext())
        {
            yield return rest.Current;
        }
    }
}
