namespace DChat.Core.Merkle;

/// <summary>All tiles of a tree in memory, laid out as <see cref="TileLayout"/> says: a file's content, read or to be written.</summary>
public sealed class TreeTiles : ITileReader
{
    private readonly TileLayout _layout;
    private readonly ReadOnlyMemory<byte> _bytes;

    /// <summary>Reads the tiles of a file.</summary>
    /// <param name="treeSize">How many leaves the tree has, 0 to <see cref="TileLayout.MaxTreeSize"/>.</param>
    /// <param name="bytes">The file's content, which is not checked: <see cref="TreeProver.TryComputeRoot"/> tells whether it has a root.</param>
    /// <exception cref="ArgumentException">The length is not that of a tree of this size.</exception>
    public TreeTiles(ulong treeSize, ReadOnlyMemory<byte> bytes)
    {
        _layout = new TileLayout(treeSize);
        _bytes = bytes;
        if (bytes.Length != _layout.ByteLength)
        {
            throw new ArgumentException($"The tiles of {treeSize} leaves take {_layout.ByteLength} bytes, got {bytes.Length}.", nameof(bytes));
        }
    }

    /// <summary>How many leaves the tree has.</summary>
    public ulong TreeSize => _layout.TreeSize;

    /// <summary>The tiles as a file holds them.</summary>
    public ReadOnlyMemory<byte> Bytes => _bytes;

    /// <summary>Builds a tree of leaves of one length.</summary>
    /// <param name="leaves">Leaves back to back.</param>
    /// <param name="leafLength">The length of one leaf, 1 to <see cref="MerkleHash.MaxLeafLength"/> bytes.</param>
    /// <exception cref="ArgumentException">The length is out of range, the leaves are not a whole number of it, or their tiles exceed an array.</exception>
    public static (TreeTiles Tiles, Bytes32 Root) Build(ReadOnlySpan<byte> leaves, int leafLength)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(leafLength, 1);
        var layout = new TileLayout((ulong)(leaves.Length / leafLength));
        if (layout.ByteLength > Array.MaxLength)
        {
            throw new ArgumentException("The tiles are larger than an array.", nameof(leaves));
        }

        var bytes = new byte[layout.ByteLength];
        var builder = new TileBuilder(new ArrayWriter(layout, bytes));
        builder.AddLeaves(leaves, leafLength);
        var root = builder.Finish();
        return (new TreeTiles(layout.TreeSize, bytes), root);
    }

    /// <inheritdoc/>
    public bool TryRead(Tile tile, Span<byte> hashes)
    {
        if (!_layout.Contains(tile))
        {
            return false;
        }

        _bytes.Span.Slice((int)_layout.OffsetOf(tile), tile.ByteLength).CopyTo(hashes);
        return true;
    }

    private sealed class ArrayWriter(TileLayout layout, byte[] bytes) : ITileWriter
    {
        public void Write(int level, ulong first, ReadOnlySpan<byte> hashes) =>
            hashes.CopyTo(bytes.AsSpan((int)(layout.OffsetOf(level) + ((long)first * MerkleHash.Length))));
    }
}
