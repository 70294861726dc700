using DChat.Core.Admission;
using DChat.Core.Envelopes;

namespace DChat.Core.Tests.Admission;

public sealed class SeenFilterTests
{
    private const int Capacity = 64;

    private readonly SeenFilter _filter = new(Capacity);

    [Fact]
    public void What_was_added_is_there_and_nothing_else()
    {
        _filter.Add(Id(1));
        Assert.True(_filter.Contains(Id(1)));
        Assert.False(_filter.Contains(Id(2)));
    }

    [Fact]
    public void The_newest_half_is_always_there_and_the_whole_never_exceeds_the_capacity()
    {
        for (var i = 0; i < 10 * Capacity; i++)
        {
            _filter.Add(Id(i));
            Assert.InRange(_filter.Count, 1, Capacity);
            for (var recent = Math.Max(0, i - (Capacity / 2) + 1); recent <= i; recent++)
            {
                Assert.True(_filter.Contains(Id(recent)));
            }
        }

        Assert.False(_filter.Contains(Id(0)));
    }

    private static MessageId Id(int number) => MessageId.Compute(BitConverter.GetBytes(number));
}
