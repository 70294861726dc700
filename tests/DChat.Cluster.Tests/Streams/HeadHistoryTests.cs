using DChat.Grains.Streams;

namespace DChat.Cluster.Tests.Streams;

public sealed class HeadHistoryTests
{
    [Fact]
    public void A_head_is_the_one_that_stood_at_the_moment_or_before()
    {
        var history = new HeadHistory(openedAt: 7, spacing: 1);
        history.Note(10, 7);
        history.Note(20, 9);
        history.Note(30, 12);

        Assert.Equal([7UL, 7UL, 9UL, 9UL, 12UL], [history.At(0), history.At(19), history.At(20), history.At(29), history.At(99)]);
    }

    [Fact]
    public void Entries_are_kept_up_to_the_limit_and_the_oldest_goes_beyond()
    {
        var history = new HeadHistory(openedAt: 0, spacing: 1);
        for (var i = 1; i < HeadHistory.MaxEntries; i++)
        {
            history.Note(i, (ulong)i);
        }

        Assert.Equal(0UL, history.At(0));
        history.Note(HeadHistory.MaxEntries, HeadHistory.MaxEntries);
        Assert.Equal(1UL, history.At(0));
    }

    [Fact]
    public void Frequent_heartbeats_do_not_shorten_the_memory()
    {
        const int Spacing = 10;
        var history = new HeadHistory(openedAt: 0, Spacing);
        for (var i = 1; i < (HeadHistory.MaxEntries - 1) * Spacing; i++)
        {
            history.Note(i, (ulong)i);
        }

        Assert.Equal([0UL, 1UL, 1UL, 11UL], [history.At(0), history.At(1), history.At(10), history.At(11)]);
    }

    [Fact]
    public void An_idle_shard_forgets_nothing()
    {
        var history = new HeadHistory(openedAt: 3, spacing: 1);
        for (var i = 0; i < 10 * HeadHistory.MaxEntries; i++)
        {
            history.Note(i, 3);
        }

        Assert.Equal(3UL, history.At(long.MinValue));
    }
}
