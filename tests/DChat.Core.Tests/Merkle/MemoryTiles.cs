using DChat.Core.Merkle;

namespace DChat.Core.Tests.Merkle;

/// <summary>Tiles in memory that can be lost, and that say which were read.</summary>
internal sealed class MemoryTiles : ITileReader, ITileWriter
{
    private readonly List<List<byte>> _levels = [];

    /// <summary>Levels below this are pruned.</summary>
    public int PrunedBelow { get; set; }

    /// <summary>What was read, in order.</summary>
    public List<Tile> Read { get; } = [];

    public static (MemoryTiles Tiles, Bytes32 Root) OfHashes(ReadOnlySpan<Bytes32> hashes)
    {
        var bytes = new byte[hashes.Length * Bytes32.Length];
        for (var i = 0; i < hashes.Length; i++)
        {
            hashes[i].CopyTo(bytes.AsSpan(i * Bytes32.Length));
        }

        var tiles = new MemoryTiles();
        var builder = new TileBuilder(tiles);
        builder.AddHashes(bytes);
        return (tiles, builder.Finish());
    }

    /// <summary>All that was written, level after level.</summary>
    public byte[] ToArray() => [.. _levels.SelectMany(level => level)];

    public void Write(int level, ulong first, ReadOnlySpan<byte> hashes)
    {
        while (_levels.Count <= level)
        {
            _levels.Add([]);
        }

        Assert.Equal((ulong)_levels[level].Count, first * Bytes32.Length);
        Assert.False(hashes.IsEmpty);
        _levels[level].AddRange(hashes);
    }

    public bool TryRead(Tile tile, Span<byte> hashes)
    {
        Read.Add(tile);
        var start = (int)tile.Index * Tile.MaxWidth * Bytes32.Length;
        if (tile.Level < PrunedBelow || tile.Level >= _levels.Count || start + tile.ByteLength > _levels[tile.Level].Count)
        {
            return false;
        }

        Assert.Equal(tile.ByteLength, hashes.Length);
        System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_levels[tile.Level]).Slice(start, tile.ByteLength).CopyTo(hashes);
        return true;
    }
}
