using DChat.Core.Merkle;

namespace DChat.Core.Reconciliation;

/// <summary>
/// Finds the leaves in which a peer's RFC 6962 tree differs from ours, by number: asks for tiles, from the root down and only where
/// hashes differ, so that d differences among n leaves take about d log n / 8 tiles. Every tile is held against the root before it is used: a
/// peer cannot lie, only fall silent. For trees that should be the same or one the beginning of the other: copies of a segment,
/// device logs, a disk and its roots. Where leaves may be missing in between, all behind them differ: reconcile those as sets.
/// </summary>
/// <remarks>Not thread-safe. It holds at most <see cref="MaxPending"/> tiles to ask for, whatever the trees.</remarks>
public sealed class TreeDiff
{
    /// <summary>The most tiles that are still to be asked for: the children of one tile a level, and those of the right edge.</summary>
    public const int MaxPending = 2 * Tile.MaxWidth * TileLayout.MaxLevels;

    private readonly ITileReader _ours;
    private readonly TileLayout _ourLayout;
    private readonly TileLayout _theirLayout;
    private readonly Bytes32 _theirRoot;
    private readonly ulong _maxDifferences;
    private readonly Stack<(Tile Tile, Bytes32 Hash)> _pending = new();
    private readonly List<Tile> _edge = [];
    private readonly List<byte[]> _edgeHashes = [];
    private readonly List<ulong> _differing = [];

    /// <summary>Compares trees.</summary>
    /// <param name="ours">Our tiles; one that is not there counts as different.</param>
    /// <param name="ourSize">How many leaves ours has.</param>
    /// <param name="theirSize">How many leaves the peer's has.</param>
    /// <param name="theirRoot">Its root, from a checkpoint, or in the peer's word.</param>
    /// <param name="maxDifferences">How many differing leaves are noted at most; more end it.</param>
    /// <exception cref="ArgumentOutOfRangeException">A tree is larger than <see cref="TileLayout.MaxTreeSize"/>.</exception>
    public TreeDiff(ITileReader ours, ulong ourSize, ulong theirSize, Bytes32 theirRoot, int maxDifferences)
    {
        ArgumentNullException.ThrowIfNull(ours);
        ArgumentOutOfRangeException.ThrowIfNegative(maxDifferences);
        (_ours, _ourLayout, _theirLayout) = (ours, new TileLayout(ourSize), new TileLayout(theirSize));
        (_theirRoot, _maxDifferences) = (theirRoot, (ulong)maxDifferences);
        for (var level = 0; level < _theirLayout.Levels; level++)
        {
            var count = _theirLayout.CountOf(level);
            if (count % Tile.MaxWidth != 0)
            {
                _edge.Add(_theirLayout.TileOf(level, count - 1));
            }
        }

        if (_edge.Count == 0 && theirRoot != MerkleHash.Empty)
        {
            ReconciliationFaults.ThrowInvalid("the root of its empty tree is not that");
        }
    }

    /// <summary>The tile to ask the peer for next; null when all differing leaves are found.</summary>
    public Tile? Next =>
        _edgeHashes.Count < _edge.Count ? _edge[_edgeHashes.Count] : _pending.TryPeek(out var next) ? next.Tile : null;

    /// <summary>
    /// The numbers of the leaves that both trees have and that differ, each once; complete when there is nothing left to ask. Leaves that only the
    /// longer tree has are not among them.
    /// </summary>
    public IReadOnlyList<ulong> Differing => _differing;

    /// <summary>Takes the tile that <see cref="Next"/> names.</summary>
    /// <param name="hashes">The peer's hashes.</param>
    /// <exception cref="DChatException">
    /// The tile does not lead to the root (<c>reconciliation-invalid</c>), or more leaves differ than may (<c>reconciliation-limit</c>).
    /// </exception>
    /// <exception cref="InvalidOperationException">Nothing was asked for.</exception>
    public void Take(ReadOnlySpan<byte> hashes)
    {
        var tile = Next ?? throw new InvalidOperationException("Nothing was asked for.");
        if (hashes.Length != tile.ByteLength)
        {
            ReconciliationFaults.ThrowInvalid("a tile has another length than was asked for");
        }

        if (_edgeHashes.Count < _edge.Count)
        {
            _edgeHashes.Add(hashes.ToArray());
            if (_edgeHashes.Count == _edge.Count)
            {
                CheckEdge();
                for (var i = 0; i < _edge.Count; i++)
                {
                    Compare(_edge[i], _edgeHashes[i]);
                }
            }

            return;
        }

        if (MerkleHash.FoldRow(hashes.ToArray()) != _pending.Pop().Hash)
        {
            ReconciliationFaults.ThrowInvalid("a tile does not lead to the root");
        }

        Compare(tile, hashes);
    }

    // The root is made of what each level has beyond its full tiles, the lower levels to the right of the higher ones.
    private void CheckEdge()
    {
        byte[] below = [];
        foreach (var hashes in _edgeHashes)
        {
            below = MerkleHash.FoldRow([.. hashes, .. below]).ToArray();
        }

        if (new Bytes32(below) != _theirRoot)
        {
            ReconciliationFaults.ThrowInvalid("its tiles do not lead to the root");
        }
    }

    private void Compare(Tile tile, ReadOnlySpan<byte> theirs)
    {
        var first = tile.Index * Tile.MaxWidth;
        var ourCount = _ourLayout.CountOf(tile.Level);
        Span<byte> ours = stackalloc byte[Tile.MaxWidth * MerkleHash.Length];
        var ourTile = first < ourCount ? _ourLayout.TileOf(tile.Level, first) : default;
        var isThere = ourTile.Width > 0 && _ours.TryRead(ourTile, ours[..ourTile.ByteLength]);
        for (var i = 0; i < tile.Width; i++)
        {
            var at = i * MerkleHash.Length;
            var hash = theirs.Slice(at, MerkleHash.Length);
            var leaf = (first + (ulong)i) << (Tile.Height * tile.Level);
            if (leaf >= _ourLayout.TreeSize || (isThere && i < ourTile.Width && hash.SequenceEqual(ours.Slice(at, MerkleHash.Length))))
            {
                continue;
            }

            if (tile.Level > 0)
            {
                _pending.Push((new Tile(tile.Level - 1, first + (ulong)i, Tile.MaxWidth), new Bytes32(hash)));
            }
            else if ((ulong)_differing.Count < _maxDifferences)
            {
                _differing.Add(leaf);
            }
            else
            {
                ReconciliationFaults.ThrowLimit($"{_maxDifferences} differing leaves");
            }
        }
    }
}
