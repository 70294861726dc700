using System.Numerics;

namespace DChat.Core.Merkle;

/// <summary>
/// Makes the proofs of a tree from its tiles. Tiles are taken at their word: whoever reads them from a stranger verifies the proof,
/// or compares <see cref="TryComputeRoot"/> with the root. Keeps the tile of each level that it read last. Not thread-safe.
/// </summary>
public sealed class TreeProver
{
    private readonly ITileReader _tiles;
    private readonly TileLayout _layout;
    private readonly (Tile Tile, byte[] Hashes)[] _read = new (Tile, byte[])[TileLayout.MaxLevels];

    /// <summary>Proves for the first <paramref name="treeSize"/> leaves of a tree.</summary>
    /// <param name="tiles">The tree's tiles; the tree may have grown beyond the size.</param>
    /// <param name="treeSize">How many leaves the root stands for that proofs lead to, 0 to <see cref="TileLayout.MaxTreeSize"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">There are more.</exception>
    public TreeProver(ITileReader tiles, ulong treeSize)
    {
        ArgumentNullException.ThrowIfNull(tiles);
        _tiles = tiles;
        _layout = new TileLayout(treeSize);
    }

    /// <summary>How many leaves the root stands for that proofs lead to.</summary>
    public ulong TreeSize => _layout.TreeSize;

    /// <summary>The root: MTH of RFC 6962, section 2.1.</summary>
    /// <param name="root">The root, if all tiles are there.</param>
    /// <param name="missing">Else the first that is not.</param>
    public bool TryComputeRoot(out Bytes32 root, out Tile missing)
    {
        root = MerkleHash.Empty;
        missing = default;
        return TreeSize == 0 || TryHash((0, TreeSize), out root, out missing);
    }

    /// <summary>Proves that a leaf is in the tree: PATH of RFC 6962, section 2.1.1.</summary>
    /// <param name="index">The leaf's number, from 0.</param>
    /// <param name="path">The proof, from the leaf up, if all tiles are there.</param>
    /// <param name="missing">Else the first that is not.</param>
    /// <exception cref="ArgumentOutOfRangeException">The tree has no such leaf.</exception>
    public bool TryProveInclusion(ulong index, out Bytes32[] path, out Tile missing)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, TreeSize);
        var siblings = new List<(ulong Start, ulong End)>(MerkleProof.MaxLength);
        var (start, end) = (0UL, TreeSize);
        while (end - start > 1)
        {
            siblings.Add(Descend(index, ref start, ref end));
        }

        return TryHashAll(siblings, out path, out missing);
    }

    /// <summary>Proves that the tree begins with an older one: PROOF of RFC 6962, section 2.1.2.</summary>
    /// <param name="oldSize">How many leaves the older tree has. Empty and equal trees need no hashes.</param>
    /// <param name="path">The proof, from the leaves up, if all tiles are there.</param>
    /// <param name="missing">Else the first that is not.</param>
    /// <exception cref="ArgumentOutOfRangeException">The older tree is larger.</exception>
    public bool TryProveConsistency(ulong oldSize, out Bytes32[] path, out Tile missing)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(oldSize, TreeSize);
        var subtrees = new List<(ulong Start, ulong End)>(MerkleProof.MaxLength);
        if (oldSize > 0)
        {
            var (start, end) = (0UL, TreeSize);
            while (end != oldSize)
            {
                subtrees.Add(Descend(oldSize - 1, ref start, ref end));
            }

            // The verifier knows the older root; a part of it, it does not.
            if (start > 0)
            {
                subtrees.Add((start, end));
            }
        }

        return TryHashAll(subtrees, out path, out missing);
    }

    /// <summary>Goes down to the child that has a leaf and returns the other. The left one has the largest power of two that is less than all.</summary>
    private static (ulong Start, ulong End) Descend(ulong leaf, ref ulong start, ref ulong end)
    {
        var middle = start + (1UL << BitOperations.Log2(end - start - 1));
        if (leaf < middle)
        {
            var right = (middle, end);
            end = middle;
            return right;
        }

        var left = (start, middle);
        start = middle;
        return left;
    }

    /// <summary>The hashes of subtrees, the last first.</summary>
    private bool TryHashAll(List<(ulong Start, ulong End)> subtrees, out Bytes32[] path, out Tile missing)
    {
        missing = default;
        path = new Bytes32[subtrees.Count];
        for (var i = 0; i < path.Length; i++)
        {
            if (!TryHash(subtrees[^(i + 1)], out path[i], out missing))
            {
                path = [];
                return false;
            }
        }

        return true;
    }

    /// <summary>The hash of a subtree, which is complete or ends where the tree ends.</summary>
    private bool TryHash((ulong Start, ulong End) subtree, out Bytes32 hash, out Tile missing)
    {
        hash = default;
        missing = default;
        var end = subtree.End;
        while (end > subtree.Start)
        {
            // Complete subtrees from the right, the smallest first.
            var height = BitOperations.TrailingZeroCount(end - subtree.Start);
            var start = end - (1UL << height);
            if (!TryHashComplete(start, height, out var left, out missing))
            {
                return false;
            }

            hash = end == subtree.End ? left : MerkleHash.HashNode(left, hash);
            end = start;
        }

        return true;
    }

    /// <summary>The hash of a complete subtree, from the highest level of tiles that has all of it, which is pruned last.</summary>
    private bool TryHashComplete(ulong start, int height, out Bytes32 hash, out Tile missing)
    {
        var level = height / Tile.Height;
        var first = start >> (level * Tile.Height);
        var tile = _layout.TileOf(level, first);
        (hash, missing) = (default, tile);
        ref var read = ref _read[level];
        if (read.Tile != tile)
        {
            var hashes = read.Hashes ?? new byte[Tile.MaxWidth * MerkleHash.Length];
            read = (default, hashes);
            if (!_tiles.TryRead(tile, hashes.AsSpan(0, tile.ByteLength)))
            {
                return false;
            }

            read = (tile, hashes);
        }

        Span<byte> row = stackalloc byte[(1 << (height % Tile.Height)) * MerkleHash.Length];
        read.Hashes.AsSpan((int)(first % Tile.MaxWidth) * MerkleHash.Length, row.Length).CopyTo(row);
        hash = MerkleHash.FoldRow(row);
        missing = default;
        return true;
    }
}
