using DChat.Core.Shards;
using static DChat.Core.Tests.Shards.IndexEntries;

namespace DChat.Core.Tests.Shards;

/// <summary>Not in parallel with others, because one test reads the heap.</summary>
[CollectionDefinition(nameof(ShardIndexMemoryTests), DisableParallelization = true)]
[Collection(nameof(ShardIndexMemoryTests))]
public sealed class ShardIndexMemoryTests
{
    private const uint FromMessages = 50_000;

    [Theory]
    [InlineData(1_100_000, 1_000)]
    [InlineData(150_000, 150_000)]
    [InlineData(150_000, 10)]
    [InlineData(150_000, 4)]
    public void A_message_costs_at_most_100_bytes_at_any_size(uint count, uint messagesPerTopic) =>
        Assert.InRange(MostPerMessage(count, messagesPerTopic), 59, 100);

    [Fact]
    public void A_topic_for_every_message_costs_at_most_118_bytes_a_message() =>
        Assert.InRange(MostPerMessage(150_000, messagesPerTopic: 1), 59, 118);

    [Fact]
    public void The_memory_reported_is_the_memory_the_heap_gave()
    {
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var index = Build(150_000, messagesPerTopic: 30);
        var used = GC.GetTotalMemory(forceFullCollection: true) - before;

        Assert.InRange(index.MemoryBytes, 0.9 * used, 1.1 * used);
        GC.KeepAlive(index);
    }

    [Fact]
    public void An_empty_index_occupies_nothing_worth_mentioning() => Assert.InRange(new ShardIndex(1).MemoryBytes, 0, 1_000);

    // The most that any size from a shard of a million messages in sixteen on costs: growing is where an index overshoots.
    private static double MostPerMessage(uint count, uint messagesPerTopic)
    {
        var most = 0d;
        Build(count, messagesPerTopic, index =>
        {
            if (index.Head >= FromMessages && index.Head % 500 == 0)
            {
                most = Math.Max(most, (double)index.MemoryBytes / index.Head);
            }
        });
        return most;
    }

    private static ShardIndex Build(uint count, uint messagesPerTopic, Action<ShardIndex>? afterEach = null)
    {
        var index = new ShardIndex(99);
        for (var i = 1ul; i <= count; i++)
        {
            index.Append(Create(i, i / messagesPerTopic), i);
            afterEach?.Invoke(index);
        }

        return index;
    }
}
