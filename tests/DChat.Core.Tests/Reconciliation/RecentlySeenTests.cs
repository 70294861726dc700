using DChat.Core.Reconciliation;

namespace DChat.Core.Tests.Reconciliation;

public sealed class RecentlySeenTests
{
    private const int Capacity = 4_000;

    [Fact]
    public void The_newest_half_is_always_remembered_and_the_older_forgotten()
    {
        var seen = new RecentlySeen(salt: 9, Capacity);
        for (var i = 0; i < 3 * Capacity; i++)
        {
            seen.Add(SetShapes.Id(i));
            Assert.True(seen.MayContain(SetShapes.Id(i)));
            Assert.True(seen.MayContain(SetShapes.Id(Math.Max(0, i - (Capacity / 2) + 1))));
        }

        Assert.InRange(Enumerable.Range(0, Capacity).Count(i => seen.MayContain(SetShapes.Id(i))), 0, Capacity / 50);
    }

    [Fact]
    public void At_most_one_in_fifty_passes_that_was_not_added_and_memory_is_fixed()
    {
        var seen = new RecentlySeen(salt: 9, Capacity);
        var bytes = seen.ByteLength;
        for (var i = 0; i < 10 * Capacity; i++)
        {
            seen.Add(SetShapes.Id(i));
        }

        Assert.InRange(Enumerable.Range(20 * Capacity, 10_000).Count(i => seen.MayContain(SetShapes.Id(i))), 0, 200);
        Assert.Equal(bytes, seen.ByteLength);
        Assert.InRange((double)bytes / Capacity, 1, 1.6);
    }

    [Fact]
    public void What_comes_again_and_again_pushes_nothing_out()
    {
        var seen = new RecentlySeen(salt: 9, Capacity);
        seen.Add(SetShapes.Id(1));
        for (var i = 0; i < 5 * Capacity; i++)
        {
            seen.Add(SetShapes.Id(2));
        }

        Assert.True(seen.MayContain(SetShapes.Id(1)));
    }

    [Fact]
    public void Capacity_has_limits()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new RecentlySeen(1, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new RecentlySeen(1, RecentlySeen.MaxCapacity + 1));
        Assert.InRange(new RecentlySeen(1, RecentlySeen.MaxCapacity).ByteLength, 25_000_000, 27_000_000);
        Assert.InRange(new RecentlySeen(1, 2).ByteLength, 64, 64);
    }
}
