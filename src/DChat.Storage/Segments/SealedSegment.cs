using DChat.Core;
using DChat.Core.Clocks;
using DChat.Core.Envelopes;
using DChat.Core.Segments;
using DChat.Core.Shards;
using DChat.Core.Topics;
using DChat.Storage.Files;

namespace DChat.Storage.Segments;

/// <summary>A sealed segment that is open: its canonical file and its side index. Any thread may read it.</summary>
internal sealed class SealedSegment
{
    private readonly IReadFile _file;
    private readonly string _path;
    private readonly SideIndex _index;
    private readonly BlockTable _leaves;

    private SealedSegment(IReadFile file, string path, SegmentHeader header, Bytes32 root, SideIndex index)
    {
        (_file, _path, Header, Root, _index) = (file, path, header, root, index);
        _leaves = new BlockTable(file, path, SegmentHeader.LeavesAt, SegmentLeaf.Length, header.Count, index.LeafChecksums);
        Items = new SealedItems(header.Id, root, new LeafItems(_leaves), header.Count, index.FirstHlcs[0], index.LastHlc);
    }

    /// <summary>Its messages as items to be reconciled.</summary>
    public SealedItems Items { get; }

    /// <summary>What it is of, and its geometry.</summary>
    public SegmentHeader Header { get; }

    /// <summary>The root of its tree.</summary>
    public Bytes32 Root { get; }

    /// <summary>The timestamp of its newest message.</summary>
    public HybridTimestamp LastHlc => _index.LastHlc;

    /// <summary>What it keeps in memory, in bytes.</summary>
    public int MemoryBytes => _index.MemoryBytes;

    /// <summary>The sequence of its first message.</summary>
    public ulong FirstSequence => _index.FirstSequence;

    /// <summary>The sequence of its last message.</summary>
    public ulong LastSequence => _index.LastSequence;

    /// <summary>Opens a segment. The tree is not computed anew.</summary>
    /// <exception cref="DChatException">It is damaged or cannot be read.</exception>
    public static SealedSegment Open(IReadFile file, string path, IReadFile indexFile, string indexPath, SegmentName name, Guid log)
    {
        try
        {
            Span<byte> bytes = stackalloc byte[SegmentHeader.Length];
            if (!SegmentHeader.TryRead(bytes[..file.Read(bytes, 0)], out var header) || header.Id != name.Id)
            {
                throw SegmentErrors.Corrupt(path, 0, "not the header of the segment that its name says");
            }

            var trailer = bytes[..SegmentHeader.TrailerLength];
            if (file.Length != header.FileLength || file.Read(trailer, header.TrailerAt) != trailer.Length
                || !SegmentHeader.TryReadTrailer(trailer, out var root) || root != name.Root)
            {
                throw SegmentErrors.Corrupt(path, Math.Min(file.Length, header.TrailerAt), "no trailer with the root that its name says");
            }

            return new SealedSegment(file, path, header, root, SideIndex.Open(indexFile, indexPath, log, root, header.Count));
        }
        catch (IOException e)
        {
            throw SegmentErrors.Unreadable(path, 0, e);
        }
    }

    /// <summary>What is told of it.</summary>
    public SealedRoot Told => new(Header.Id, Root, Header.Count, Header.EnvelopeBytes);

    /// <summary>What is wrong in its files: a sentence each, with file and offset.</summary>
    public IReadOnlyList<string> Verify()
    {
        List<string> problems = [.. new SegmentCheck(_file, _path, Header, Root).Run()];
        try
        {
            var rows = _index.After(0).OrderBy(row => row.Offset).ToList();
            var offset = Header.EnvelopesAt;
            for (var place = 0; place < rows.Count && problems.Count == 0; place++)
            {
                if (rows[place].Offset != offset || _index.AtPlace(place) != rows[place])
                {
                    problems.Add($"{_path} is damaged at offset {offset}: its side index tells of another place.");
                }

                offset += rows[place].Length;
            }
        }
        catch (DChatException damage) when (!damage.IsTransient)
        {
            problems.Add(damage.Message);
        }

        return problems;
    }

    /// <summary>False when a message certainly is not in it; answered from memory.</summary>
    public bool MayHold(in IndexEntry entry) =>
        entry.Class == Header.Id.Class && entry.Hlc >= _index.FirstHlcs[0] && entry.Hlc <= _index.LastHlc && _index.Filter.MayContain(entry.Id);

    /// <summary>Finds a message that it may hold.</summary>
    public bool TryFind(in IndexEntry entry, out SideRow row)
    {
        row = default;
        if (BlockOf(entry.Hlc, entry.Id) is not { } leaves)
        {
            return false;
        }

        var (hlc, id) = (entry.Hlc, entry.Id);
        var place = leaves.LowerBound(bytes => Compare(bytes, hlc, id) < 0);
        if (place == leaves.End || Compare(leaves[place], hlc, id) != 0)
        {
            return false;
        }

        row = _index.AtPlace(place);
        return true;
    }

    /// <summary>Finds messages by their ids alone: reads all leaves, unless the filter passes none of the ids.</summary>
    public IEnumerable<SideRow> Find(IReadOnlySet<Bytes32> ids)
    {
        var left = ids.Count(id => _index.Filter.MayContain(new MessageId(id)));
        for (var block = 0; left > 0 && block < BlockTable.BlocksOf(Header.Count); block++)
        {
            var leaves = _leaves.Block(block);
            for (var place = leaves.First; place < leaves.End; place++)
            {
                if (ids.Contains(SegmentLeaf.IdOf(leaves[place]).Value))
                {
                    left--;
                    yield return _index.AtPlace(place);
                }
            }
        }
    }

    /// <summary>The messages after a sequence of the shard, in order.</summary>
    public IEnumerable<SideRow> After(ulong sequence) => _index.After(sequence);

    /// <summary>The messages of a topic after a sequence of the shard, in order.</summary>
    public IEnumerable<SideRow> After(TopicTag topic, ulong sequence) => _index.After(topic, sequence);

    /// <summary>Reads part of the canonical file, unchecked.</summary>
    /// <returns>How many bytes there are; fewer than asked for only where the file ends.</returns>
    public int Read(Span<byte> destination, long offset)
    {
        try
        {
            return _file.Read(destination, offset);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ObjectDisposedException)
        {
            throw SegmentErrors.Unreadable(_path, offset, e);
        }
    }

    // The last block that does not begin after the message. Senders choose timestamps, so any number of blocks may begin with that of
    // the message; among these the first leaf decides.
    private BlockTable.Rows? BlockOf(HybridTimestamp hlc, MessageId id)
    {
        var firsts = _index.FirstHlcs;
        var low = LowerBound(0, firsts.Length, block => firsts[block] < hlc);
        var high = LowerBound(low, firsts.Length, block => firsts[block] == hlc);
        BlockTable.Rows? last = null;
        var after = LowerBound(low, high, block =>
        {
            var leaves = _leaves.Block(block);
            var isBefore = Compare(leaves[leaves.First], hlc, id) <= 0;
            last = isBefore ? leaves : last;
            return isBefore;
        });
        return last ?? (after > 0 ? _leaves.Block(after - 1) : null);
    }

    private static int LowerBound(int low, int high, Func<int, bool> isBefore)
    {
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = isBefore(middle) ? (middle + 1, high) : (low, middle);
        }

        return low;
    }

    private static int Compare(ReadOnlySpan<byte> leaf, HybridTimestamp hlc, MessageId id)
    {
        var read = SegmentLeaf.Read(leaf);
        return SegmentLeaf.Compare(read.Hlc, read.Id, hlc, id);
    }
}
