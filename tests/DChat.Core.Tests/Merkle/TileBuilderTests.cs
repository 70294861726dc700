using System.Security.Cryptography;
using DChat.Core.Merkle;

namespace DChat.Core.Tests.Merkle;

public sealed class TileBuilderTests
{
    private const int LeafLength = 45;

    [Fact]
    public void Every_small_tree_is_the_recursive_definition()
    {
        var leaves = Leaves(300);
        var naive = new NaiveTree([.. leaves.Chunk(LeafLength)]);
        for (var size = 0; size <= 300; size++)
        {
            var (tiles, root) = TreeTiles.Build(leaves.AsSpan(0, size * LeafLength), LeafLength);

            Assert.Equal(naive.Root(size), root);
            Assert.Equal(new TileLayout((ulong)size).ByteLength, tiles.Bytes.Length);
        }
    }

    [Theory]
    [InlineData(4_095)]
    [InlineData(4_096)]
    [InlineData(4_097)]
    [InlineData(65_535)]
    [InlineData(65_536)]
    [InlineData(65_537)]
    [InlineData(70_000)]
    public void A_large_tree_has_the_root_that_is_computed_leaf_by_leaf(int size)
    {
        var leaves = Leaves(size);
        var expected = new MerkleRoot();
        for (var i = 0; i < size; i++)
        {
            expected.Add(leaves.AsSpan(i * LeafLength, LeafLength));
        }

        Assert.Equal(expected.Compute(), TreeTiles.Build(leaves, LeafLength).Root);
    }

    [Fact]
    public void A_tree_of_more_than_a_million_leaves_has_the_root_of_all_its_hashes_folded_at_once()
    {
        var hashes = new byte[(1_048_576 + 4_096 + 300) * MerkleHash.Length];
        new Random(1).NextBytes(hashes);
        var tiles = new MemoryTiles();
        var builder = new TileBuilder(tiles);
        builder.AddHashes(hashes);

        var root = builder.Finish();

        Assert.Equal(new TileLayout(builder.Count).ByteLength, tiles.ToArray().Length);
        Assert.Equal(MerkleHash.FoldRow(hashes), root);
    }

    [Fact]
    public void Chunks_of_any_size_make_the_same_file()
    {
        const int Size = 70_000;
        var leaves = Leaves(Size);
        var (expected, root) = TreeTiles.Build(leaves, LeafLength);
        for (var seed = 1; seed <= 5; seed++)
        {
            var random = new Random(seed);
            var tiles = new MemoryTiles();
            var builder = new TileBuilder(tiles);
            var hashes = new byte[Size * 32];
            MerkleHash.HashLeaves(leaves, LeafLength, hashes);
            while (builder.Count < Size)
            {
                var (start, count) = ((int)builder.Count, (int)Math.Min(random.Next(10_000), Size - (long)builder.Count));
                if (random.Next(2) == 0)
                {
                    builder.AddLeaves(leaves.AsSpan(start * LeafLength, count * LeafLength), LeafLength);
                }
                else
                {
                    builder.AddHashes(hashes.AsSpan(start * 32, count * 32));
                }
            }

            Assert.True(root == builder.Finish(), $"seed {seed}");
            Assert.True(expected.Bytes.Span.SequenceEqual(tiles.ToArray()), $"seed {seed}");
        }
    }

    [Fact]
    public void A_file_holds_hashes_of_leaves_then_of_every_256_of_them()
    {
        var leaves = Leaves(600);
        var records = leaves.Chunk(LeafLength).ToArray();
        var (tiles, _) = TreeTiles.Build(leaves, LeafLength);

        byte[] expected =
        [
            .. records.SelectMany(leaf => SHA256.HashData([0, .. leaf])),
            .. new NaiveTree(records[..256]).Root(256).ToArray(),
            .. new NaiveTree(records[256..512]).Root(256).ToArray(),
        ];
        Assert.Equal(expected, tiles.Bytes.ToArray());
    }

    [Fact]
    public void A_doubled_last_leaf_makes_another_root()
    {
        // Where odd leaves are paired with themselves, as in CVE-2012-2459, both have the same.
        for (var size = 1; size < 100; size++)
        {
            var leaves = Leaves(size);

            Assert.NotEqual(
                TreeTiles.Build(leaves, LeafLength).Root,
                TreeTiles.Build([.. leaves, .. leaves.AsSpan(^LeafLength..)], LeafLength).Root);
        }
    }

    [Fact]
    public void A_node_does_not_pass_for_a_leaf()
    {
        var (left, right) = (MerkleHash.HashLeaf([1]), MerkleHash.HashLeaf([2]));

        Assert.NotEqual(MerkleHash.HashNode(left, right), MerkleHash.HashLeaf([.. left.ToArray(), .. right.ToArray()]));
    }

    [Fact]
    public void A_tree_takes_as_many_leaves_as_it_may_and_not_one_more()
    {
        var builder = new TileBuilder(new MemoryTiles(), maxTreeSize: 300);
        builder.AddLeaves(Leaves(299), LeafLength);

        Assert.Throws<InvalidOperationException>(() => builder.AddLeaves(Leaves(2), LeafLength));
        Assert.Throws<InvalidOperationException>(() => builder.AddHashes(new byte[64]));
        Assert.Equal(299UL, builder.Count);
        builder.AddLeaves(Leaves(300).AsSpan(^LeafLength..), LeafLength);

        Assert.Equal(TreeTiles.Build(Leaves(300), LeafLength).Root, builder.Finish());
    }

    [Fact]
    public void What_is_no_whole_number_of_leaves_is_refused_and_so_is_what_comes_after_the_end()
    {
        var builder = new TileBuilder(new MemoryTiles());
        Assert.Throws<ArgumentException>(() => builder.AddLeaves(new byte[44], 45));
        Assert.Throws<ArgumentOutOfRangeException>(() => builder.AddLeaves([], 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => builder.AddLeaves([], MerkleHash.MaxLeafLength + 1));
        Assert.Throws<ArgumentException>(() => builder.AddHashes(new byte[33]));
        Assert.Equal(MerkleHash.Empty, builder.Finish());

        Assert.Throws<InvalidOperationException>(() => builder.AddLeaves(new byte[45], 45));
        Assert.Throws<InvalidOperationException>(() => builder.AddHashes(new byte[32]));
        Assert.Throws<InvalidOperationException>(() => builder.Finish());
    }

    private static byte[] Leaves(int count)
    {
        // A longer run begins with a shorter one.
        var leaves = new byte[count * LeafLength];
        new Random(1).NextBytes(leaves);
        return leaves;
    }
}
