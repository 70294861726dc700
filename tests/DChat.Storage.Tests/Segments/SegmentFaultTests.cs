using DChat.Core.Shards;
using static DChat.Storage.Tests.Log.Local.TestLog;

namespace DChat.Storage.Tests.Segments;

/// <summary>Faults between the steps of a sealing that is tried again, and of an opening after a crash.</summary>
public sealed class SegmentFaultTests
{
    private const string Directory = "/data/segments/1";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_segment_whose_name_may_be_durable_counts_and_its_messages_are_not_sealed_again(bool isOpenedMeanwhile)
    {
        var disk = new SimulatedDisk();
        await using var log = Open(disk);
        var store = OpenShard.Store(disk, log);
        var shard = await OpenShard.OpenAsync(log, store, 1);
        await shard.AppendAsync(Batch(1, 1, 1, [10, 20, 30, 40]));
        disk.Before = call => call.Operation == DiskOperation.SyncDirectory && call.Path == Directory && disk.List(Directory).Any(IsSegment) ? DiskFault.InputOutput : null;
        Assert.Equal("segment-unwritable", (await Assert.ThrowsAsync<Core.DChatException>(() => shard.SealAsync(1))).Code);
        disk.Before = null;

        if (isOpenedMeanwhile)
        {
            shard = await OpenShard.OpenAsync(log, store, 1);
        }

        await shard.AppendAsync(Batch(5, 1, 2, [50]));
        await shard.SealAsync(1);
        await shard.SealAsync(2);

        var again = await OpenShard.OpenAsync(log, OpenShard.Store(disk, log), 1);
        Assert.Equal(5, shard.Sealed.Count);
        Assert.Equal([1ul, 2, 3, 4, 5], again.Sealed.After(0, int.MaxValue).Select(message => message.Sequence));
    }

    [Fact]
    public async Task A_segment_that_is_seen_after_a_kill_is_durable_before_the_log_lets_go_of_its_messages()
    {
        var disk = new SimulatedDisk();
        var batch = Batch(1, 1, 1, [.. Enumerable.Repeat(20_000, 5)]);
        await using (var log = Open(disk))
        {
            var shard = await OpenShard.OpenAsync(log, OpenShard.Store(disk, log), 1);
            await shard.AppendAsync(batch);
            disk.Before = call => call.Operation == DiskOperation.SyncDirectory && disk.List(Directory).Count(IsSegment) == 5 ? DiskFault.InputOutput : null;
            await Assert.ThrowsAsync<Core.DChatException>(() => shard.SealAsync(1));
            disk = disk.KillProcess();
        }

        await using (var log = Open(disk))
        {
            var shard = await OpenShard.OpenAsync(log, OpenShard.Store(disk, log), 1);
            Assert.Equal(5, shard.Sealed.Count);
            await shard.AppendAsync(Batch(6, 1, 2, [30_000]));
            shard.Release();
        }

        Assert.DoesNotContain(FirstWal, disk.List("/data/wal"));
        disk = disk.LosePower(() => false);
        await using (var log = Open(disk))
        {
            var shard = await OpenShard.OpenAsync(log, OpenShard.Store(disk, log), 1);
            Assert.Equal(batch.Bytes(), (await shard.ReadAllAsync()).Values.Take(5).SelectMany(message => message.Envelope));
        }
    }

    [Fact]
    public async Task Segments_without_the_heads_of_their_topics_are_not_opened()
    {
        var disk = new SimulatedDisk();
        await using var log = Open(disk);
        var shard = await OpenShard.OpenAsync(log, OpenShard.Store(disk, log), 1);
        await shard.AppendAsync(Batch(1, 1, 1, [10, 20]));
        await shard.SealAsync(1);
        var heads = Assert.Single(disk.List(Directory), name => name.EndsWith(".topics", StringComparison.Ordinal));
        disk.Delete($"{Directory}/{heads}");

        var error = await Assert.ThrowsAsync<Core.DChatException>(() => OpenShard.OpenAsync(log, OpenShard.Store(disk, log), 1));
        Assert.Equal("segment-corrupt", error.Code);
        Assert.Contains(".topics", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Heads_of_topics_that_could_not_be_read_back_are_not_taken_for_those_that_are_written_in_their_place()
    {
        var disk = new SimulatedDisk();
        await using var log = Open(disk);
        var shard = await OpenShard.OpenAsync(log, OpenShard.Store(disk, log), 1);
        await shard.AppendAsync(Batch(1, 1, 1, [10]));
        disk.BeforeRead = (path, _, _) => path.EndsWith(".topics", StringComparison.Ordinal) ? DiskFault.InputOutput.Error : null;
        Assert.Equal("segment-unreadable", (await Assert.ThrowsAsync<Core.DChatException>(() => shard.SealAsync(1))).Code);
        disk.BeforeRead = null;

        var later = Batch(2, 1, 2, [20]);
        await shard.AppendAsync(later);
        await shard.SealAsync(1);

        Assert.Equal(2, shard.Sealed.Count);
        Assert.Equal(later.TopicSequences[0], shard.Sealed.TopicHead(later.Entries[0].Topic));
        Assert.Equal([2ul], shard.Sealed.After(later.Entries[0].Topic, 0, 10).Select(message => message.Sequence));
    }

    [Fact]
    public async Task A_segment_that_may_not_be_read_any_more_is_told_of_as_one_that_cannot_be()
    {
        var disk = new SimulatedDisk();
        await using var log = Open(disk);
        var shard = await OpenShard.OpenAsync(log, OpenShard.Store(disk, log), 1);
        var batch = Batch(1, 1, 1, [10]);
        await shard.AppendAsync(batch);
        await shard.SealAsync(1);
        var message = Assert.Single(shard.Sealed.After(0, 10));
        disk.BeforeRead = (_, _, _) => new UnauthorizedAccessException();

        Assert.Equal("segment-unreadable", Assert.Throws<Core.DChatException>(() => shard.Sealed.TryFind(batch.Entries[0], out _)).Code);
        Assert.Equal("segment-unreadable", Assert.Throws<Core.DChatException>(() => shard.Sealed.Read([message])).Code);
        disk.BeforeRead = null;
    }

    [Fact]
    public async Task A_message_among_many_of_one_timestamp_is_found_with_few_reads()
    {
        var disk = new SimulatedDisk();
        await using var log = Open(disk);
        var shard = await OpenShard.OpenAsync(log, OpenShard.Store(disk, log), 1);
        var entries = Enumerable.Range(0, 64 * 256).Select(i => Message(1, 15 * i, 1)).Select(each => (Entry: each.Entry with { Hlc = new(7) }, each.Envelope)).ToArray();
        foreach (var chunk in entries.Chunk(1_024))
        {
            await shard.AppendAsync(new ShardAppend(shard.Open.Head + 1, [.. chunk.Select(m => m.Entry)], new uint[chunk.Length], chunk.SelectMany(m => m.Envelope).ToArray()));
        }

        await shard.SealAsync(1);

        foreach (var (entry, _) in entries.Where((_, i) => i % 1_000 == 0))
        {
            var before = disk.Reads;
            Assert.True(shard.Sealed.TryFind(entry, out _));
            Assert.InRange(disk.Reads - before, 1, 10);
        }
    }

    [Fact]
    public async Task A_store_that_is_disposed_of_lets_a_sealing_end_first_and_begins_none()
    {
        var disk = new SimulatedDisk();
        await using var log = Open(disk);
        var store = OpenShard.Store(disk, log);
        var shard = await OpenShard.OpenAsync(log, store, 1);
        await shard.AppendAsync(Batch(1, 1, 1, [10]));
        var segments = await store.OpenAsync(new(1), term: 1, Token);
        using var reached = new SemaphoreSlim(0);
        using var goOn = new SemaphoreSlim(0);
        disk.Before = call =>
        {
            if (call.Operation == DiskOperation.Sync && call.Path.EndsWith(".seg.new", StringComparison.Ordinal))
            {
                reached.Release();
                goOn.Wait(Token);
            }

            return null;
        };
        var sealing = shard.SealAsync(1);
        await reached.WaitAsync(Token);
        var disposing = Task.Run(store.Dispose, Token);
        goOn.Release();
        await disposing;
        var calls = disk.Calls.Count;

        await Record.ExceptionAsync(() => sealing);
        Assert.Equal(calls, disk.Calls.Count);
        Assert.DoesNotContain(disk.List(Directory), name => name.EndsWith(".new", StringComparison.Ordinal));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await segments.SealAsync(new(2), [], await log.OpenAsync(new(1), Token), Token));
    }

    private static bool IsSegment(string name) => name.EndsWith(".seg", StringComparison.Ordinal);
}
