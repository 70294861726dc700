using DChat.Core.Topics;

namespace DChat.Core.Tests.Topics;

public sealed class ShardSetTests
{
    [Fact]
    public void Shards_come_back_ascending_and_once()
    {
        var set = Of(9, 0, 4095, 9, 8);

        Assert.Equal([0, 8, 9, 4095], set.Select(shard => (int)shard.Value));
        Assert.Equal(4, set.Count);
    }

    [Fact]
    public void A_shard_is_a_bit_of_its_byte_and_the_bytes_end_with_the_highest()
    {
        Assert.Equal([0b0000_0001, 0b1000_0010], Of(0, 9, 15).Bytes.ToArray());
        Assert.Empty(ShardSet.Empty.Bytes.ToArray());
        Assert.Empty(ShardSet.Empty);
    }

    [Fact]
    public void Every_shard_fits_and_one_beyond_is_refused()
    {
        var all = new ShardSet(Enumerable.Range(0, 4096).Select(shard => new ShardId((ushort)shard)));

        Assert.Equal(4096, all.Count);
        Assert.Equal(ShardSet.MaxBytes, all.Bytes.Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => Of(4096));
    }

    [Fact]
    public void Bytes_make_the_same_set_up_to_the_limit()
    {
        Assert.Equal(Of(3, 700), ShardSet.FromBytes(Of(3, 700).Bytes));
        Assert.Equal(ShardSet.MaxBytes * 8, ShardSet.FromBytes([.. Enumerable.Repeat((byte)0xff, ShardSet.MaxBytes)]).Count);
        Assert.Throws<ArgumentException>(() => ShardSet.FromBytes(new byte[ShardSet.MaxBytes + 1]));
    }

    private static ShardSet Of(params int[] shards) => new(shards.Select(shard => new ShardId((ushort)shard)));
}
