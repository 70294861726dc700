using DChat.Core.Topics;

namespace DChat.Core.Tests.Topics;

public sealed class TopicTagTests
{
    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 1)]
    [InlineData(4, 0xA)]
    [InlineData(8, 0xAB)]
    [InlineData(12, 0xABC)]
    public void The_top_bits_name_the_shard(int shardBits, int shard) =>
        Assert.Equal((ushort)shard, TopicTag.Parse("abcdef00000000000000000000000000").ShardOf(shardBits).Value);

    [Theory]
    [InlineData(-1)]
    [InlineData(13)]
    public void Other_shard_bits_are_refused(int shardBits) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => default(TopicTag).ShardOf(shardBits));

    [Fact]
    public void Tags_chosen_to_collide_under_the_default_hash_do_not_collide()
    {
        // The default folds each half by XOR, so equal quarters cancel out whatever they are.
        var hashes = Enumerable.Range(0, 1000).Select(i =>
        {
            Span<byte> bytes = stackalloc byte[TopicTag.Length];
            for (var quarter = 0; quarter < 4; quarter++)
            {
                BitConverter.TryWriteBytes(bytes[(quarter * 4)..], i);
            }

            return new TopicTag(bytes).GetHashCode();
        });
        Assert.True(hashes.Distinct().Count() > 990);
    }

    [Fact]
    public void The_text_form_reads_back()
    {
        const string Text = "000102030405060708090a0b0c0d0e0f";
        Assert.Equal(Text, TopicTag.Parse(Text).ToString());
        Assert.Throws<FormatException>(() => TopicTag.Parse(Text.AsSpan(1)));
        Assert.Throws<FormatException>(() => TopicTag.Parse("g00102030405060708090a0b0c0d0e0f"));
    }
}
