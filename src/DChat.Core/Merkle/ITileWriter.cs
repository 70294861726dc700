namespace DChat.Core.Merkle;

/// <summary>Takes the hashes that a <see cref="TileBuilder"/> makes.</summary>
public interface ITileWriter
{
    /// <summary>Takes hashes of a level. Levels take turns; within one they come without gaps, from the left to the right.</summary>
    /// <param name="level">The level of tiles, from 0.</param>
    /// <param name="first">The number of the first hash in its level: 256 times that of its tile, for a tile's first.</param>
    /// <param name="hashes">Hashes back to back, one or more tiles; the last of a level may be partial. Valid during the call.</param>
    void Write(int level, ulong first, ReadOnlySpan<byte> hashes);
}
