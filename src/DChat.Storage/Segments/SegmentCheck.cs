using DChat.Core;
using DChat.Core.Envelopes;
using DChat.Core.Merkle;
using DChat.Core.Segments;
using DChat.Storage.Files;

namespace DChat.Storage.Segments;

/// <summary>Reads a canonical file from end to end: the order of its leaves, each envelope against its leaf, the tree against tiles and root.</summary>
internal sealed class SegmentCheck(IReadFile file, string path, SegmentHeader header, Bytes32 root) : ITileWriter
{
    private const int LeavesAtOnce = 4_096;

    private readonly TileLayout _layout = new((ulong)header.Count);
    private readonly List<string> _problems = [];

    /// <summary>What is wrong: a sentence each, with file and offset.</summary>
    /// <exception cref="DChatException">The file cannot be read.</exception>
    public IReadOnlyList<string> Run()
    {
        var tree = new TileBuilder(this);
        var envelopesAt = header.EnvelopesAt;
        SegmentLeaf? before = null;
        for (var first = 0; first < header.Count; first += LeavesAtOnce)
        {
            var at = SegmentHeader.LeavesAt + ((long)first * SegmentLeaf.Length);
            var leaves = Read(at, Math.Min(LeavesAtOnce, header.Count - first) * SegmentLeaf.Length);
            tree.AddLeaves(leaves, SegmentLeaf.Length);
            for (var i = 0; i < leaves.Length; i += SegmentLeaf.Length)
            {
                var leaf = SegmentLeaf.Read(leaves.AsSpan(i));
                CheckLeaf(leaf, before, at + i, envelopesAt);
                envelopesAt += Math.Min(leaf.Size, EnvelopeLimits.MaxBytes);
                before = leaf;
            }
        }

        if (tree.Finish() != root)
        {
            Found(header.TrailerAt, "the leaves do not lead to the root");
        }

        return _problems;
    }

    void ITileWriter.Write(int level, ulong first, ReadOnlySpan<byte> hashes)
    {
        var at = header.TilesAt + _layout.OffsetOf(level) + ((long)first * MerkleHash.Length);
        if (!Read(at, hashes.Length).AsSpan().SequenceEqual(hashes))
        {
            Found(at, "tiles are not those of the leaves");
        }
    }

    private void CheckLeaf(SegmentLeaf leaf, SegmentLeaf? before, long at, long envelopeAt)
    {
        if (leaf.Class != header.Id.Class || leaf.Size is 0 or > EnvelopeLimits.MaxBytes
            || (before is { } last && SegmentLeaf.Compare(last.Hlc, last.Id, leaf.Hlc, leaf.Id) >= 0))
        {
            Found(at, $"the leaf of {leaf.Id} is out of order or out of range");
        }
        else if (MessageId.Compute(Read(envelopeAt, (int)leaf.Size)) != leaf.Id)
        {
            Found(envelopeAt, $"the envelope is not that of {leaf.Id}");
        }
    }

    private void Found(long offset, string what) => _problems.Add($"{path} is damaged at offset {offset}: {what}.");

    private byte[] Read(long offset, int length)
    {
        var bytes = new byte[length];
        try
        {
            return file.Read(bytes, offset) == length ? bytes : throw SegmentErrors.Corrupt(path, offset, "the file ends before");
        }
        catch (IOException e)
        {
            throw SegmentErrors.Unreadable(path, offset, e);
        }
    }
}
