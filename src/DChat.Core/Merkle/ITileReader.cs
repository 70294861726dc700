namespace DChat.Core.Merkle;

/// <summary>Reads the tiles of a tree, from wherever they are kept.</summary>
public interface ITileReader
{
    /// <summary>Reads a tile; false when it is not there, such as after its level was pruned.</summary>
    /// <param name="tile">Which; its width is what the tree's size asks for, even if more is kept by now.</param>
    /// <param name="hashes">Where its hashes go, <see cref="Tile.ByteLength"/> bytes.</param>
    bool TryRead(Tile tile, Span<byte> hashes);
}
