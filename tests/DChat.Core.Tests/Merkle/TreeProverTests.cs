using DChat.Core.Merkle;

namespace DChat.Core.Tests.Merkle;

public sealed class TreeProverTests
{
    private const int Sizes = 300;

    // Of larger trees every seventh leaf, another seventh for each size: all of them take a minute.
    private const int AllOf = 100;
    private const int Stride = 7;

    [Fact]
    public void Inclusion_paths_of_small_trees_are_the_recursive_definition_and_verify()
    {
        var (naive, tiles, hashes) = Grow(Sizes);
        for (var size = 1; size <= Sizes; size++)
        {
            var prover = new TreeProver(tiles, (ulong)size);
            foreach (var index in Some(size))
            {
                Assert.True(prover.TryProveInclusion((ulong)index, out var path, out _));
                Assert.Equal(naive.Path(index, size), path);
                Assert.True(MerkleProof.VerifyInclusion(hashes[index], (ulong)index, (ulong)size, path, naive.Root(size)));
            }
        }
    }

    [Fact]
    public void Consistency_proofs_of_small_trees_are_the_recursive_definition_and_verify()
    {
        var (naive, tiles, _) = Grow(Sizes);
        for (var size = 0; size <= Sizes; size++)
        {
            var prover = new TreeProver(tiles, (ulong)size);
            foreach (var old in Some(size + 1))
            {
                Assert.True(prover.TryProveConsistency((ulong)old, out var path, out _));
                Assert.Equal(old == 0 ? [] : naive.Proof(old, size), path);
                Assert.True(MerkleProof.VerifyConsistency((ulong)old, naive.Root(old), (ulong)size, naive.Root(size), path));
            }
        }
    }

    [Fact]
    public void Proofs_of_large_trees_of_any_size_are_the_recursive_definition_and_verify()
    {
        const int Largest = 200_000;
        var (naive, tiles, hashes) = Grow(Largest);
        for (var seed = 1; seed <= 30; seed++)
        {
            var random = new Random(seed);
            var size = random.Next(Sizes, Largest + 1);
            var (index, old) = (random.Next(size), random.Next(1, size + 1));
            var prover = new TreeProver(tiles, (ulong)size);

            Assert.True(prover.TryComputeRoot(out var root, out _));
            Assert.True(prover.TryProveInclusion((ulong)index, out var path, out _));
            Assert.True(prover.TryProveConsistency((ulong)old, out var proof, out _));

            Assert.True(naive.Root(size) == root, $"seed {seed}");
            Assert.True(naive.Path(index, size).SequenceEqual(path), $"seed {seed}");
            Assert.True(naive.Proof(old, size).SequenceEqual(proof), $"seed {seed}");
            Assert.True(MerkleProof.VerifyInclusion(hashes[index], (ulong)index, (ulong)size, path, root), $"seed {seed}");
            Assert.True(MerkleProof.VerifyConsistency((ulong)old, naive.Root(old), (ulong)size, root, proof), $"seed {seed}");
        }
    }

    [Fact]
    public void A_proof_reads_each_tile_that_it_needs_once()
    {
        var (_, tiles, _) = Grow(70_000);
        var prover = new TreeProver(tiles, 70_000);

        Assert.True(prover.TryProveInclusion(1_000, out var path, out _));

        Assert.Equal(17, path.Length);
        Assert.Equal([new Tile(0, 3, 256), new Tile(1, 0, 256), new Tile(0, 273, 112), new Tile(1, 1, 17)], tiles.Read);
    }

    [Fact]
    public void A_missing_tile_is_named_and_what_needs_none_below_is_still_proven()
    {
        var (naive, tiles, _) = Grow(70_000);
        tiles.PrunedBelow = 1;
        var prover = new TreeProver(tiles, 70_000);

        Assert.False(prover.TryProveInclusion(1_000, out var path, out var missing));
        Assert.Empty(path);
        Assert.Equal(new Tile(0, 3, 256), missing);
        Assert.False(prover.TryComputeRoot(out _, out missing));
        Assert.Equal(new Tile(0, 273, 112), missing);

        prover = new TreeProver(tiles, 69_888);
        Assert.True(prover.TryProveConsistency(65_536, out var proof, out _));
        Assert.Equal(naive.Proof(65_536, 69_888), proof);
    }

    [Fact]
    public void A_tile_from_elsewhere_fits_when_the_level_above_has_its_root()
    {
        var (_, tiles, _) = Grow(70_000);
        var (level0, level1) = (new byte[256 * 32], new byte[256 * 32]);
        Assert.True(tiles.TryRead(new Tile(0, 3, 256), level0));
        Assert.True(tiles.TryRead(new Tile(1, 0, 256), level1));

        Assert.Equal(new Bytes32(level1.AsSpan(3 * 32, 32)), MerkleHash.FoldRow(level0));
    }

    [Fact]
    public void What_the_tree_does_not_have_cannot_be_asked_for()
    {
        var (_, tiles, _) = Grow(10);
        var prover = new TreeProver(tiles, 10);

        Assert.Throws<ArgumentOutOfRangeException>(() => prover.TryProveInclusion(10, out _, out _));
        Assert.Throws<ArgumentOutOfRangeException>(() => prover.TryProveConsistency(11, out _, out _));
        Assert.Throws<ArgumentOutOfRangeException>(() => new TreeProver(tiles, TileLayout.MaxTreeSize + 1));
        Assert.False(new TreeProver(new TreeTiles(0, default), 10).TryProveInclusion(0, out _, out var missing));
        Assert.Equal(new Tile(0, 0, 10), missing);
        Assert.Throws<ArgumentException>(() => new TreeTiles(10, new byte[319]));
    }

    private static IEnumerable<int> Some(int end) =>
        Enumerable.Range(0, end).Where(i => end <= AllOf || i % Stride == end % Stride || i >= end - 2);

    private static (NaiveTree Naive, MemoryTiles Tiles, Bytes32[] Hashes) Grow(int size)
    {
        byte[][] leaves = [.. Enumerable.Range(0, size).Select(BitConverter.GetBytes)];
        Bytes32[] hashes = [.. leaves.Select(leaf => MerkleHash.HashLeaf(leaf))];
        return (new NaiveTree(leaves), MemoryTiles.OfHashes(hashes).Tiles, hashes);
    }
}
