using CsCheck;
using DChat.Core.Merkle;
using DChat.Core.Reconciliation;

namespace DChat.Core.Tests.Reconciliation;

public sealed class TreeDiffTests
{
    private const int LeafLength = 45;

    private static readonly int[] Sizes = [0, 1, 2, 255, 256, 257, 511, 512, 1_000, 65_536, 66_000];

    private static readonly byte[] Leaves = Random(66_000 * LeafLength);

    [Fact]
    public void The_leaves_that_differ_are_found_whatever_the_sizes() =>
        Gen.Select(Gen.OneOf([.. Sizes.Select(Gen.Const)]), Gen.OneOf([.. Sizes.Select(Gen.Const)]), Gen.Int[0, 65_999].Array[0, 4]).Sample(
            (ourSize, theirSize, changed) =>
            {
                var ours = TreeTiles.Build(Leaves.AsSpan(0, ourSize * LeafLength), LeafLength).Tiles;
                var (tiles, root) = Changed(theirSize, changed);
                var diff = new TreeDiff(ours, (ulong)ourSize, (ulong)theirSize, root, 100);

                var asked = Run(diff, tiles);

                var expected = changed.Where(leaf => leaf < Math.Min(ourSize, theirSize)).Distinct().Order().Select(leaf => (ulong)leaf);
                Assert.Equal(expected, diff.Differing.Order());
                if (ourSize == theirSize)
                {
                    Assert.InRange(asked, 0, 3 + (3 * changed.Length));
                }
            },
            iter: 8);

    [Fact]
    public void A_tile_that_does_not_lead_to_the_root_is_refused()
    {
        var ours = TreeTiles.Build(Leaves, LeafLength).Tiles;
        var (theirs, root) = Changed(66_000, [5, 40_000]);
        for (var liesAt = 0; ; liesAt++)
        {
            var diff = new TreeDiff(ours, 66_000, 66_000, root, 100);
            var asked = 0;
            var fault = Record.Exception(() =>
            {
                while (diff.Next is { } tile)
                {
                    var hashes = new byte[tile.ByteLength];
                    Assert.True(theirs.TryRead(tile, hashes));
                    hashes[^1] ^= (byte)(asked++ == liesAt ? 1 : 0);
                    diff.Take(hashes);
                }
            });
            if (asked <= liesAt)
            {
                Assert.Null(fault);
                return;
            }

            Assert.Equal(ReconciliationFaults.InvalidCode, Assert.IsType<DChatException>(fault).Code);
        }
    }

    [Fact]
    public void A_tile_of_another_length_is_refused_and_nothing_is_taken_unasked()
    {
        var (tiles, root) = Changed(300, []);
        var diff = new TreeDiff(tiles, 300, 300, root, 1);

        Assert.Equal(ReconciliationFaults.InvalidCode, Assert.Throws<DChatException>(() => diff.Take(new byte[32])).Code);
        Run(diff, tiles);
        Assert.Throws<InvalidOperationException>(() => diff.Take([]));
        Assert.Equal(ReconciliationFaults.InvalidCode, Assert.Throws<DChatException>(() => new TreeDiff(tiles, 300, 0, root, 1)).Code);
        Assert.Null(new TreeDiff(tiles, 300, 0, MerkleHash.Empty, 1).Next);
    }

    [Fact]
    public void So_many_differences_are_noted_and_no_more()
    {
        var ours = TreeTiles.Build(Leaves.AsSpan(0, 1_000 * LeafLength), LeafLength).Tiles;
        var (theirs, root) = Changed(1_000, [1, 300, 900]);

        var enough = new TreeDiff(ours, 1_000, 1_000, root, 3);
        Run(enough, theirs);
        Assert.Equal(3, enough.Differing.Count);
        Assert.Equal(
            ReconciliationFaults.LimitCode, Assert.Throws<DChatException>(() => Run(new TreeDiff(ours, 1_000, 1_000, root, 2), theirs)).Code);
    }

    [Fact]
    public void A_tile_that_we_have_lost_counts_as_different()
    {
        var (theirs, root) = Changed(300, []);
        var diff = new TreeDiff(new NoTiles(), 300, 300, root, 300);

        Run(diff, theirs);

        Assert.Equal(300, diff.Differing.Count);
    }

    [Fact]
    public void Parts_whose_roots_differ_are_named_by_their_keys()
    {
        var (a, b) = (SetShapes.Id(1), SetShapes.Id(2));

        Assert.Equal([], RootDiff.Compare([new(1, a), new(2, b)], [new(1, a), new(2, b)]));
        Assert.Equal([2, 3, 5, 9], RootDiff.Compare([new(1, a), new(2, b), new(3, a), new(9, b)], [new(1, a), new(2, a), new(5, a)]).Select(key => (int)key));
        Assert.Equal([7], RootDiff.Compare([], [new(7, a)]).Select(key => (int)key));
        Assert.Throws<ArgumentException>(() => RootDiff.Compare([new(1, a), new(1, b)], []));
        Assert.Equal(ReconciliationFaults.InvalidCode, Assert.Throws<DChatException>(() => RootDiff.Compare([], [new(2, a), new(1, b)])).Code);
    }

    private static int Run(TreeDiff diff, TreeTiles theirs)
    {
        var asked = 0;
        while (diff.Next is { } tile)
        {
            var hashes = new byte[tile.ByteLength];
            Assert.True(theirs.TryRead(tile, hashes));
            diff.Take(hashes);
            asked++;
        }

        return asked;
    }

    private static (TreeTiles Tiles, Bytes32 Root) Changed(int size, int[] leaves)
    {
        var bytes = Leaves.AsSpan(0, size * LeafLength).ToArray();
        foreach (var leaf in leaves.Distinct().Where(leaf => leaf < size))
        {
            bytes[leaf * LeafLength] ^= 1;
        }

        return TreeTiles.Build(bytes, LeafLength);
    }

    private static byte[] Random(int length)
    {
        var bytes = new byte[length];
        new Random(1).NextBytes(bytes);
        return bytes;
    }

    private sealed class NoTiles : ITileReader
    {
        public bool TryRead(Tile tile, Span<byte> hashes) => false;
    }
}
