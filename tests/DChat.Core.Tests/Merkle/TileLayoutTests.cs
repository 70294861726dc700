using DChat.Core.Merkle;

namespace DChat.Core.Tests.Merkle;

public sealed class TileLayoutTests
{
    [Theory]
    [InlineData(0, "")]
    [InlineData(1, "1")]
    [InlineData(255, "255")]
    [InlineData(256, "256 1")]
    [InlineData(257, "257 1")]
    [InlineData(65_535, "65535 255")]
    [InlineData(65_536, "65536 256 1")]
    [InlineData(70_000, "70000 273 1")] // the example of C2SP tlog-tiles
    [InlineData(1UL << 32, "4294967296 16777216 65536 256 1")]
    public void A_level_has_a_hash_for_each_256_of_the_one_below(ulong size, string counts)
    {
        var layout = new TileLayout(size);

        Assert.Equal(counts, string.Join(' ', Enumerable.Range(0, layout.Levels).Select(layout.CountOf)));
        Assert.Equal(0UL, layout.CountOf(layout.Levels));
    }

    [Fact]
    public void Levels_follow_each_other_without_gaps()
    {
        var layout = new TileLayout(70_000);

        Assert.Equal([0L, 70_000 * 32, 70_273 * 32, 70_274 * 32], Enumerable.Range(0, 4).Select(layout.OffsetOf));
        Assert.Equal(70_274L * 32, layout.ByteLength);
        Assert.Equal((70_000L + 256) * 32, layout.OffsetOf(new Tile(1, 1, 17)));
        Assert.Equal(32_125_472, new TileLayout(1_000_000).ByteLength);
    }

    [Fact]
    public void Only_the_last_tile_of_a_level_is_partial()
    {
        var layout = new TileLayout(70_000);

        Assert.Equal(new Tile(0, 0, 256), layout.TileOf(0, 255));
        Assert.Equal(new Tile(0, 273, 112), layout.TileOf(0, 69_999));
        Assert.Equal(new Tile(1, 0, 256), layout.TileOf(1, 0));
        Assert.Equal(new Tile(1, 1, 17), layout.TileOf(1, 272));
        Assert.Equal(new Tile(2, 0, 1), layout.TileOf(2, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => layout.TileOf(0, 70_000));
        Assert.Throws<ArgumentOutOfRangeException>(() => layout.TileOf(3, 0));
    }

    [Theory]
    [InlineData(0, 273, 113)]
    [InlineData(0, 274, 1)]
    [InlineData(0, 0, 0)]
    [InlineData(0, 0, 257)]
    [InlineData(0, ulong.MaxValue, 1)]
    [InlineData(1, 1, 18)]
    [InlineData(5, 0, 1)]
    [InlineData(int.MaxValue, 0, 1)]
    [InlineData(-1, 0, 1)]
    public void A_tile_that_the_tree_lacks_has_no_place(int level, ulong index, int width)
    {
        var layout = new TileLayout(70_000);

        Assert.False(layout.Contains(new Tile(level, index, width)));
        Assert.Throws<ArgumentOutOfRangeException>(() => layout.OffsetOf(new Tile(level, index, width)));
    }

    [Fact]
    public void A_tree_has_at_most_2_to_the_32_leaves()
    {
        Assert.Equal(4_311_810_305L * 32, new TileLayout(TileLayout.MaxTreeSize).ByteLength);
        Assert.Throws<ArgumentOutOfRangeException>(() => new TileLayout(TileLayout.MaxTreeSize + 1));
    }
}
