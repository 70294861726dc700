using DChat.Core;
using DChat.Core.Merkle;
using DChat.Core.Segments;
using DChat.Core.Shards;
using DChat.Storage.Files;

namespace DChat.Storage.Segments;

/// <summary>Reads messages of a shard back, whose sequences ascend, into a buffer; returns the sequences of those that cannot be read back.</summary>
internal delegate ValueTask<IReadOnlyList<ulong>> ReadEnvelopes(
    ReadOnlyMemory<IndexedMessage> messages, Memory<byte> destination, CancellationToken cancellationToken);

/// <summary>Writes the canonical file of a segment, from the first byte to the last.</summary>
/// <param name="file">An empty file.</param>
/// <param name="header">Its header.</param>
/// <param name="messages">Its messages, in the order of the segment.</param>
internal sealed class SegmentWriter(IFile file, SegmentHeader header, IndexedMessage[] messages)
{
    private const int LeavesAtOnce = 16 * BlockTable.BlockRows;
    private const int WindowBytes = 4 << 20;

    /// <summary>A file is synced after so many bytes: 32 MiB. A gigabyte at once would hold up the commits of the log on the same disk.</summary>
    internal const int SyncedBytes = 32 << 20;

    /// <summary>For each message, in the order of the segment, the CRC-32C of its envelope.</summary>
    public uint[] EnvelopeChecksums { get; } = new uint[messages.Length];

    /// <summary>The checksum of each block of leaves.</summary>
    public uint[] LeafChecksums { get; } = new uint[BlockTable.BlocksOf(messages.Length)];

    /// <summary>Writes everything and returns once it is durable.</summary>
    /// <returns>The root; null, and the sequences of <paramref name="holes"/>, when messages cannot be read back.</returns>
    public async ValueTask<Bytes32?> WriteAsync(ReadEnvelopes read, List<ulong> holes, CancellationToken cancellationToken)
    {
        // First what can fail for want of a message, so that no tree is built in vain.
        await WriteEnvelopesAsync(read, holes, cancellationToken).ConfigureAwait(false);
        if (holes.Count > 0)
        {
            return null;
        }

        var root = WriteLeaves();
        WriteEnds(root);
        file.Sync();
        return root;
    }

    private async ValueTask WriteEnvelopesAsync(ReadEnvelopes read, List<ulong> holes, CancellationToken cancellationToken)
    {
        var window = new EnvelopeWindow((int)Math.Min(WindowBytes, header.EnvelopeBytes));
        var (offset, unsynced) = (header.EnvelopesAt, 0);
        for (var first = 0; first < messages.Length;)
        {
            var count = window.Take(messages, first);
            await window.FillAsync(read, EnvelopeChecksums.AsMemory(first, count), holes, cancellationToken).ConfigureAwait(false);
            if (holes.Count == 0)
            {
                file.Write(window.Envelopes, offset);
                unsynced += window.Envelopes.Length;
            }

            if (unsynced >= SyncedBytes)
            {
                file.Sync();
                unsynced = 0;
            }

            offset += window.Envelopes.Length;
            first += count;
        }
    }

    private Bytes32 WriteLeaves()
    {
        var tree = new TileBuilder(new TileWriter(file, header));
        var leaves = new byte[Math.Min(messages.Length, LeavesAtOnce) * SegmentLeaf.Length];
        for (var first = 0; first < messages.Length; first += LeavesAtOnce)
        {
            var count = Math.Min(LeavesAtOnce, messages.Length - first);
            for (var i = 0; i < count; i++)
            {
                var entry = messages[first + i].Entry;
                new SegmentLeaf(entry.Id, entry.Hlc, entry.Class, (uint)entry.Length).Write(leaves.AsSpan(i * SegmentLeaf.Length));
            }

            var chunk = leaves.AsSpan(0, count * SegmentLeaf.Length);
            BlockTable.ChecksumsOf(chunk, SegmentLeaf.Length).CopyTo(LeafChecksums.AsSpan(first / BlockTable.BlockRows));
            tree.AddLeaves(chunk, SegmentLeaf.Length);
            file.Write(chunk, SegmentHeader.LeavesAt + ((long)first * SegmentLeaf.Length));
        }

        return tree.Finish();
    }

    private void WriteEnds(Bytes32 root)
    {
        Span<byte> end = stackalloc byte[SegmentHeader.Length];
        header.Write(end);
        file.Write(end, 0);
        SegmentHeader.WriteTrailer(end[..SegmentHeader.TrailerLength], root);
        file.Write(end[..SegmentHeader.TrailerLength], header.TrailerAt);
    }

    private sealed class TileWriter(IFile file, SegmentHeader header) : ITileWriter
    {
        private readonly TileLayout _layout = new((ulong)header.Count);

        public void Write(int level, ulong first, ReadOnlySpan<byte> hashes) =>
            file.Write(hashes, header.TilesAt + _layout.OffsetOf(level) + ((long)first * MerkleHash.Length));
    }
}
