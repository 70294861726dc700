namespace DChat.Core.Merkle;

/// <summary>
/// Names a tile of a tree (C2SP tlog-tiles, "Merkle Tree"): up to 256 hashes of neighbouring complete subtrees of 256^level
/// leaves each.
/// </summary>
/// <param name="Level">0 for hashes of leaves; each level is eight levels of nodes above the one before.</param>
/// <param name="Index">The tile's number in its level, from the left and from 0.</param>
/// <param name="Width">How many hashes, 1 to 256; fewer than 256 only at the right edge.</param>
public readonly record struct Tile(int Level, ulong Index, int Width)
{
    /// <summary>The hashes of a full tile.</summary>
    public const int MaxWidth = 256;

    /// <summary>The levels of nodes of a tile.</summary>
    public const int Height = 8;

    /// <summary>The tile's length in bytes.</summary>
    public int ByteLength => Width * MerkleHash.Length;
}
