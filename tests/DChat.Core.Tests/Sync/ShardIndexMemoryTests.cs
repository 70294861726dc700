using DChat.Core.Sync;
using static DChat.Core.Tests.Sync.IndexEntries;

namespace DChat.Core.Tests.Sync;

public sealed class ShardIndexMemoryTests
{
    private const double BytesPerMessage = 100;

    [Theory]
    [InlineData(1_000_000, 1_000)]
    [InlineData(1_100_000, 1_000)]
    [InlineData(800_000, 1_000)] // Just after most parts of the hash table have doubled.
    [InlineData(1_000_000, 1)]
    [InlineData(1_000_000, 100_000)]
    public void A_message_costs_at_most_100_bytes(uint count, uint topics) =>
        Assert.InRange(PerMessage(count, topics), 59, BytesPerMessage);

    [Fact]
    public void Sixteen_shards_of_a_million_messages_cost_at_most_100_bytes_a_message() =>
        Assert.InRange(PerMessage(1_000_000 / 16, topics: 1_000), 59, BytesPerMessage);

    [Theory]
    [InlineData(1_000_000)]
    [InlineData(800_000)]
    public void A_topic_for_every_message_costs_at_most_118_bytes_a_message(uint count) =>
        Assert.InRange(PerMessage(count, topics: count), 59, 118);

    [Fact]
    public void The_memory_reported_is_the_memory_the_heap_gave()
    {
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var index = Build(200_000, topics: 5_000);
        var used = GC.GetTotalMemory(forceFullCollection: true) - before;

        Assert.InRange(index.MemoryBytes, 0.9 * used, 1.1 * used);
        GC.KeepAlive(index);
    }

    [Fact]
    public void An_empty_index_occupies_nothing_worth_mentioning() => Assert.InRange(new ShardIndex(1).MemoryBytes, 0, 1_000);

    private static double PerMessage(uint count, uint topics) => (double)Build(count, topics).MemoryBytes / count;

    private static ShardIndex Build(uint count, uint topics)
    {
        var index = new ShardIndex(99);
        for (var i = 1ul; i <= count; i++)
        {
            index.Append(Create(i, i % topics), i);
        }

        return index;
    }
}
