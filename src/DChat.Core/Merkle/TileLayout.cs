namespace DChat.Core.Merkle;

/// <summary>
/// Where the tiles of a finished tree lie in one file, in the geometry of C2SP tlog-tiles. For n leaves:
/// <code>
/// level 0   n hashes of 32 bytes, those of leaves
/// level 1   ⌊n / 256⌋ hashes, each of a complete subtree of 256 leaves
/// level 2   ⌊n / 256²⌋ hashes
/// …         until there are none
/// </code>
/// Levels follow each other without gaps; the tile N of a level starts at its hash 256 N. The root is not in it: it is computed.
/// </summary>
/// <remarks>A million leaves take 32,125,472 bytes, of which level 0 has 32,000,000.</remarks>
public readonly record struct TileLayout
{
    /// <summary>The largest tree, in leaves: 2^32. Its tiles take 129 GiB.</summary>
    public const ulong MaxTreeSize = 1UL << 32;

    /// <summary>The most levels of tiles that a tree has.</summary>
    public const int MaxLevels = 5;

    /// <summary>The layout of a tree.</summary>
    /// <param name="treeSize">How many leaves, 0 to <see cref="MaxTreeSize"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">There are more.</exception>
    public TileLayout(ulong treeSize)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(treeSize, MaxTreeSize);
        TreeSize = treeSize;
    }

    /// <summary>How many leaves the tree has.</summary>
    public ulong TreeSize { get; }

    /// <summary>How many levels of tiles there are, 0 for an empty tree.</summary>
    public int Levels
    {
        get
        {
            var levels = 0;
            while (CountOf(levels) > 0)
            {
                levels++;
            }

            return levels;
        }
    }

    /// <summary>How long the file is, in bytes.</summary>
    public long ByteLength => OffsetOf(Levels);

    /// <summary>How many hashes a level has.</summary>
    /// <param name="level">The level, from 0; those above <see cref="Levels"/> have none.</param>
    public ulong CountOf(int level)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(level);
        return level < MaxLevels ? TreeSize >> (Tile.Height * level) : 0;
    }

    /// <summary>Where a level starts, in bytes.</summary>
    public long OffsetOf(int level)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(level);
        ulong hashes = 0;
        for (var below = 0; below < Math.Min(level, MaxLevels); below++)
        {
            hashes += CountOf(below);
        }

        return (long)hashes * MerkleHash.Length;
    }

    /// <summary>Whether the tree has all hashes of a tile.</summary>
    public bool Contains(Tile tile) =>
        tile.Level >= 0 && tile.Width is >= 1 and <= Tile.MaxWidth && tile.Index <= MaxTreeSize / Tile.MaxWidth
        && (tile.Index * Tile.MaxWidth) + (ulong)tile.Width <= CountOf(tile.Level);

    /// <summary>Where a tile starts, in bytes.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The tree has no such tile.</exception>
    public long OffsetOf(Tile tile) =>
        Contains(tile)
            ? OffsetOf(tile.Level) + ((long)tile.Index * Tile.MaxWidth * MerkleHash.Length)
            : throw new ArgumentOutOfRangeException(nameof(tile), tile, "The tree has no such tile.");

    /// <summary>The tile of a level that has a hash.</summary>
    /// <param name="level">The level, from 0.</param>
    /// <param name="hash">The hash's number in the level, from 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">The level has fewer hashes.</exception>
    public Tile TileOf(int level, ulong hash)
    {
        var count = CountOf(level);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(hash, count);
        var index = hash / Tile.MaxWidth;
        return new Tile(level, index, (int)Math.Min(Tile.MaxWidth, count - (index * Tile.MaxWidth)));
    }
}
