using DChat.Core.Shards;
using static DChat.Storage.Tests.Log.Local.TestLog;

namespace DChat.Storage.Tests.Segments;

/// <summary>What one question costs when a shard has many segments, as it has after a month.</summary>
public sealed class ManySegmentsTests
{
    private const int Epochs = 300;

    [Fact]
    public async Task A_fetch_of_a_topic_reads_only_segments_that_have_it()
    {
        var disk = new SimulatedDisk();
        await using var log = Open(disk);
        var store = OpenShard.Store(disk, log);
        var shard = await OpenShard.OpenAsync(log, store, 1);

        // The topic of the first message is not in the others.
        for (var epoch = 1; epoch <= Epochs; epoch++)
        {
            var (entry, envelope) = Message(1, epoch == 1 ? 0 : (3 * epoch) + 1, 1);
            await shard.AppendAsync(new ShardAppend(shard.Open.Head + 1, [entry], [(uint)epoch], envelope));
            await shard.SealAsync((ulong)epoch);
        }

        foreach (var opened in (OpenShard[])[shard, await OpenShard.OpenAsync(log, OpenShard.Store(disk, log), 1)])
        {
            var before = disk.Reads;
            Assert.Equal([1ul], opened.Sealed.After(Message(1, 0, 1).Entry.Topic, 0, 256).Select(message => message.Sequence));
            Assert.InRange(disk.Reads - before, 1, 6 + (Epochs / 10));
            Assert.Equal(Epochs - 1, opened.Sealed.After(Message(1, 1, 1).Entry.Topic, 0, 1_000).Count);
        }
    }
}
