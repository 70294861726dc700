namespace DChat.Core.Merkle;

/// <summary>
/// Builds the tiles and the root of a tree (RFC 6962, section 2.1; C2SP tlog-tiles) from its leaves, which come in chunks of any
/// size. What it holds does not grow with the tree: at most 128 KiB a level. Not thread-safe.
/// </summary>
public sealed class TileBuilder
{
    // As many tiles as a vector has lanes, so that even the top nodes of tiles fill a vector.
    private const int GroupTiles = 16;
    private const int TileLength = Tile.MaxWidth * MerkleHash.Length;

    private readonly ITileWriter _writer;
    private readonly ulong _maxTreeSize;
    private readonly Level?[] _levels = new Level?[TileLayout.MaxLevels];
    private bool _isFinished;

    /// <summary>A tree without leaves yet.</summary>
    /// <param name="writer">Takes the tiles.</param>
    public TileBuilder(ITileWriter writer)
        : this(writer, TileLayout.MaxTreeSize)
    {
    }

    internal TileBuilder(ITileWriter writer, ulong maxTreeSize)
    {
        ArgumentNullException.ThrowIfNull(writer);
        _writer = writer;
        _maxTreeSize = maxTreeSize;
    }

    /// <summary>How many leaves came so far.</summary>
    public ulong Count { get; private set; }

    /// <summary>Adds leaves of one length.</summary>
    /// <param name="leaves">Leaves back to back; not their hashes.</param>
    /// <param name="leafLength">The length of one leaf, 1 to <see cref="MerkleHash.MaxLeafLength"/> bytes.</param>
    /// <exception cref="ArgumentException">The length is out of range, or the leaves are not a whole number of it.</exception>
    /// <exception cref="InvalidOperationException">
    /// The tree is finished, or would have more leaves than <see cref="TileLayout.MaxTreeSize"/>; then none is added.
    /// </exception>
    public void AddLeaves(ReadOnlySpan<byte> leaves, int leafLength)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(leafLength, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(leafLength, MerkleHash.MaxLeafLength);
        var left = Reserve(leaves.Length, leafLength, nameof(leaves));
        while (left > 0)
        {
            var room = RoomOf(0, left);
            var length = room.Length / MerkleHash.Length * leafLength;
            MerkleHash.HashLeaves(leaves[..length], leafLength, room);
            leaves = leaves[length..];
            left -= room.Length / MerkleHash.Length;
            Fill(0, room.Length);
        }
    }

    /// <summary>Adds leaves by their hashes.</summary>
    /// <param name="hashes">Hashes back to back, 32 bytes each, of <see cref="MerkleHash.HashLeaf"/>.</param>
    /// <exception cref="ArgumentException"><paramref name="hashes"/> is not a whole number of hashes.</exception>
    /// <exception cref="InvalidOperationException">As for <see cref="AddLeaves"/>.</exception>
    public void AddHashes(ReadOnlySpan<byte> hashes)
    {
        Reserve(hashes.Length, MerkleHash.Length, nameof(hashes));
        Append(0, hashes);
    }

    /// <summary>Writes what is left, the partial tiles included, and returns the root. Nothing can be added afterwards.</summary>
    /// <exception cref="InvalidOperationException">The tree is finished already.</exception>
    public Bytes32 Finish()
    {
        ThrowIfFinished();
        _isFinished = true;
        for (var level = 0; level < _levels.Length; level++)
        {
            Promote(level);
        }

        // Of each level what its last full tile has left over, and to its right all that the levels below have.
        Span<byte> row = stackalloc byte[TileLength + MerkleHash.Length];
        Bytes32? edge = null;
        for (var level = 0; level < _levels.Length; level++)
        {
            var pending = Pending(level);
            pending.CopyTo(row);
            edge?.CopyTo(row[pending.Length..]);
            var length = pending.Length + (edge is null ? 0 : MerkleHash.Length);
            edge = length == 0 ? null : MerkleHash.FoldRow(row[..length]);
            if (!pending.IsEmpty)
            {
                _writer.Write(level, _levels[level]!.Written, pending);
            }
        }

        return edge ?? MerkleHash.Empty;
    }

    private int Reserve(int length, int recordLength, string parameter)
    {
        ThrowIfFinished();
        if (length % recordLength != 0)
        {
            throw new ArgumentException($"Expected a whole number of records of {recordLength} bytes, got {length} bytes.", parameter);
        }

        var count = length / recordLength;
        if ((ulong)count > _maxTreeSize - Count)
        {
            throw new InvalidOperationException($"A tree has at most {_maxTreeSize} leaves.");
        }

        Count += (ulong)count;
        return count;
    }

    private void ThrowIfFinished()
    {
        if (_isFinished)
        {
            throw new InvalidOperationException("The tree is finished.");
        }
    }

    private void Append(int level, ReadOnlySpan<byte> hashes)
    {
        while (!hashes.IsEmpty)
        {
            var room = RoomOf(level, hashes.Length / MerkleHash.Length);
            hashes[..room.Length].CopyTo(room);
            hashes = hashes[room.Length..];
            Fill(level, room.Length);
        }
    }

    private Span<byte> RoomOf(int level, int hashes)
    {
        var to = _levels[level] ??= new Level();
        var length = (int)Math.Min(to.Hashes.Length - to.Length, (long)hashes * MerkleHash.Length);
        return to.Hashes.AsSpan(to.Length, length);
    }

    private void Fill(int level, int length)
    {
        var to = _levels[level]!;
        to.Length += length;
        if (to.Length == to.Hashes.Length)
        {
            Promote(level);
        }
    }

    private ReadOnlySpan<byte> Pending(int level) => _levels[level] is { } from ? from.Hashes.AsSpan(0, from.Length) : [];

    /// <summary>Writes the full tiles of a level and puts their roots into the level above.</summary>
    private void Promote(int level)
    {
        if (_levels[level] is not { } from || from.Length < TileLength)
        {
            return;
        }

        var full = from.Hashes.AsSpan(0, from.Length / TileLength * TileLength);
        _writer.Write(level, from.Written, full);
        from.Written += (ulong)(full.Length / MerkleHash.Length);
        var row = full;
        for (var height = 0; height < Tile.Height; height++)
        {
            MerkleHash.HashNodes(row, row[..(row.Length / 2)]);
            row = row[..(row.Length / 2)];
        }

        Append(level + 1, row);
        from.Hashes.AsSpan(full.Length, from.Length - full.Length).CopyTo(from.Hashes);
        from.Length -= full.Length;
    }

    /// <summary>The hashes of a level that are not written yet.</summary>
    private sealed class Level
    {
        public byte[] Hashes { get; } = new byte[GroupTiles * TileLength];

        /// <summary>How many bytes of <see cref="Hashes"/> are filled.</summary>
        public int Length { get; set; }

        /// <summary>How many hashes were written before them.</summary>
        public ulong Written { get; set; }
    }
}
