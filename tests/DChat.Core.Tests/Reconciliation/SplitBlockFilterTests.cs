using DChat.Core.Envelopes;
using DChat.Core.Reconciliation;

namespace DChat.Core.Tests.Reconciliation;

public sealed class SplitBlockFilterTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(25)]
    [InlineData(26)]
    [InlineData(100_000)]
    public void What_was_added_passes_before_and_after_it_was_written_down_and_few_others_do(int count)
    {
        var filter = new SplitBlockFilter(salt: 5, count);
        for (var i = 0; i < count; i++)
        {
            filter.Add(Id(i));
        }

        var bytes = new byte[filter.ByteLength];
        filter.CopyTo(bytes);
        var read = new SplitBlockFilter(salt: 5, bytes);

        Assert.Equal(SplitBlockFilter.LengthFor(count), filter.ByteLength);
        Assert.All(Enumerable.Range(0, count), i => Assert.True(filter.MayContain(Id(i)) && read.MayContain(Id(i))));
        var passing = Enumerable.Range(count, 100_000).Count(i => read.MayContain(Id(i)));
        Assert.InRange(passing, 0, 2_500);
    }

    [Fact]
    public void Ids_that_pass_under_one_salt_do_not_under_another()
    {
        var (known, secret) = (new SplitBlockFilter(salt: 1, 1_000), new SplitBlockFilter(salt: 2, 1_000));
        for (var i = 0; i < 1_000; i++)
        {
            known.Add(Id(i));
            secret.Add(Id(i));
        }

        var ground = Enumerable.Range(1_000, 200_000).Where(i => known.MayContain(Id(i))).ToArray();

        Assert.InRange(ground.Length, 500, 5_000);
        Assert.InRange(ground.Count(i => secret.MayContain(Id(i))), 0, ground.Length / 20);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(SplitBlockFilter.BlockLength - 1)]
    [InlineData(SplitBlockFilter.BlockLength + 1)]
    public void Bytes_that_are_no_whole_number_of_blocks_are_refused(int length) =>
        Assert.Throws<ArgumentException>(() => new SplitBlockFilter(1, new byte[length]));

    private static MessageId Id(int number) => MessageId.Compute(BitConverter.GetBytes(number));
}
