using DChat.Core;
using DChat.Core.Shards;
using static DChat.Storage.Tests.Log.Local.TestLog;

namespace DChat.Storage.Tests.Log.Local;

public sealed class DiskFaultTests
{
    [Fact]
    public async Task After_a_failed_sync_nothing_is_acknowledged_until_the_log_is_reopened()
    {
        var disk = new SimulatedDisk();
        var log = Open(disk);
        var writer = await log.OpenShardAsync(1);
        var kept = await writer.AppendAsync(1, seed: 1, 300);
        disk.Before = call => call.Operation == DiskOperation.Sync ? DiskFault.InputOutput : null;

        var lost = Batch(writer, 1, seed: 2, 2_000);
        Assert.Equal(AppendOutcome.Failed, await writer.AppendAsync(lost));
        disk.Before = null;
        Assert.NotNull(log.Problem);
        Assert.Equal(AppendOutcome.Failed, await writer.AppendAsync(lost));
        await writer.AssertHoldsAsync(kept);
        var error = await Assert.ThrowsAsync<DChatException>(async () => await log.OpenShardAsync(2));
        Assert.Equal("log-failed", error.Code);
        Assert.True(error.IsTransient);

        await log.DisposeAsync();
        await using var again = Open(disk);
        Assert.Null(again.Problem);
        await (await again.OpenShardAsync(1)).AppendAsync(1, seed: 3, 10);
    }

    [Fact]
    public async Task What_a_failed_sync_left_in_the_page_cache_is_made_durable_before_it_is_served()
    {
        var disk = new SimulatedDisk();
        var log = Open(disk);
        var writer = await log.OpenShardAsync(1);
        var kept = await writer.AppendAsync(1, seed: 1, 300);
        disk.Before = call => call.Operation == DiskOperation.Sync ? DiskFault.InputOutput : null;
        var unknown = Batch(writer, 1, seed: 2, 2_000);
        Assert.Equal(AppendOutcome.Failed, await writer.AppendAsync(unknown));
        disk.Before = null;
        await log.DisposeAsync();

        // The next process reads the frame from the cache, where it counts as clean. Once served it may not be lost again.
        var second = Open(disk);
        await (await second.OpenShardAsync(1)).AssertHoldsAsync(kept, unknown);
        var after = disk.LosePower(() => false);
        await second.DisposeAsync();

        await using var third = Open(after);
        await (await third.OpenShardAsync(1)).AssertHoldsAsync(kept, unknown);
    }

    [Fact]
    public async Task Recovery_serves_nothing_when_the_tail_cannot_be_made_durable()
    {
        var disk = new SimulatedDisk();
        await using (var log = Open(disk))
        {
            await (await log.OpenShardAsync(1)).AppendAsync(1, seed: 1, 300);
        }

        disk.Before = call => call.Operation == DiskOperation.Sync ? DiskFault.InputOutput : null;
        AssertRefusesToOpen(disk, "log-unwritable");

        disk.Before = null;
        await using var again = Open(disk);
        Assert.Equal(1ul, (await again.OpenShardAsync(1)).Index.Head);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(600)]
    [InlineData(2_000)]
    public async Task A_write_that_fails_half_way_fails_the_log_and_is_forgotten(int bytesWritten)
    {
        var disk = new SimulatedDisk();
        var log = Open(disk);
        var writer = await log.OpenShardAsync(1);
        var kept = await writer.AppendAsync(1, seed: 1, 300);
        disk.Before = call => call.Operation == DiskOperation.Write ? DiskFault.InputOutput with { BytesWritten = bytesWritten } : null;

        Assert.Equal(AppendOutcome.Failed, await writer.AppendAsync(Batch(writer, 1, seed: 2, 2_500)));
        Assert.NotNull(log.Problem);
        disk.Before = null;
        await log.DisposeAsync();

        await using var again = Open(disk);
        var reopened = await again.OpenShardAsync(1);
        var next = await reopened.AppendAsync(1, seed: 3, 10);
        await reopened.AssertHoldsAsync(kept, next);
    }

    [Fact]
    public async Task A_full_disk_refuses_the_batch_leaves_nothing_and_goes_on_when_there_is_room()
    {
        for (var room = 0; room < 2_600; room += 100)
        {
            var disk = new SimulatedDisk();
            await using var log = Open(disk);
            var writer = await log.OpenShardAsync(1);
            var kept = await writer.AppendAsync(1, seed: 1, 300);
            var used = disk[FirstWal].Length;
            disk.Capacity = room + TotalLength(disk);

            // Beyond what is filled with zeros already, so the batch needs new room.
            Assert.Equal(AppendOutcome.Full, await writer.AppendAsync(Batch(writer, 1, seed: 2, 60_000, 60_000)));
            Assert.Equal("the disk is full: messages are refused until there is room", log.Problem);
            Assert.Null(log.Failure);
            Assert.True(disk[FirstWal].Length <= used);
            await writer.AssertHoldsAsync(kept);

            disk.Capacity = long.MaxValue;
            var next = await writer.AppendAsync(1, seed: 3, 60_000, 60_000);
            await writer.AssertHoldsAsync(kept, next);
        }
    }

    [Fact]
    public async Task A_log_that_was_full_finds_out_that_there_is_room_without_an_append()
    {
        var disk = new SimulatedDisk();
        await using var log = Open(disk);
        var writer = await log.OpenShardAsync(1);
        var kept = await writer.AppendAsync(1, seed: 1, 300);
        disk.Capacity = TotalLength(disk);
        Assert.Equal(AppendOutcome.Full, await writer.AppendAsync(Batch(writer, 1, seed: 2, 60_000, 60_000)));
        disk.Capacity = TotalLength(disk);

        // Asking makes the log look; opening a shard waits until it has looked.
        Assert.NotNull(log.Problem);
        writer = await log.OpenShardAsync(1);
        Assert.NotNull(log.Problem);

        disk.Capacity = long.MaxValue;
        Assert.NotNull(log.Problem);
        writer = await log.OpenShardAsync(1);
        Assert.Null(log.Problem);
        await writer.AssertHoldsAsync(kept, await writer.AppendAsync(1, seed: 3, 60_000, 60_000));
    }

    [Fact]
    public async Task A_log_that_fails_while_it_looks_for_room_has_failed_for_good()
    {
        var disk = new SimulatedDisk();
        await using var log = Open(disk);
        var writer = await log.OpenShardAsync(1);
        disk.Before = call => call.Operation == DiskOperation.Write ? DiskFault.NoSpace() : null;
        Assert.Equal(AppendOutcome.Full, await writer.AppendAsync(Batch(writer, 1, seed: 2, 300)));
        Assert.False(log.Failed.IsCompleted);

        disk.Before = call => call.Operation == DiskOperation.Write ? DiskFault.InputOutput : null;
        Assert.NotNull(log.Problem);

        await log.Failed.WaitAsync(Token);
        Assert.Equal("log-failed", log.Failure?.Code);
        Assert.Contains("Input/output error", log.Problem, StringComparison.Ordinal);
        disk.Before = null;
    }

    [Fact]
    public async Task A_full_disk_does_not_keep_the_log_from_starting()
    {
        var disk = new SimulatedDisk();
        var log = Open(disk);
        var kept = await (await log.OpenShardAsync(1)).AppendAsync(1, seed: 1, 300, 61_000);
        disk = disk.KillProcess();
        await log.DisposeAsync();
        disk.Capacity = TotalLength(disk);

        await using var again = Open(disk);
        await (await again.OpenShardAsync(1)).AssertHoldsAsync(kept);
    }

    [Fact]
    public async Task A_disk_that_fills_up_in_the_middle_of_a_write_leaves_nothing_of_it()
    {
        for (var written = 0; written < 2_000; written += 50)
        {
            var disk = new SimulatedDisk();
            await using var log = Open(disk);
            var writer = await log.OpenShardAsync(1);
            var kept = await writer.AppendAsync(1, seed: 1, 300);
            disk.Before = call => call.Operation == DiskOperation.Write ? DiskFault.NoSpace(written) : null;

            Assert.Equal(AppendOutcome.Full, await writer.AppendAsync(Batch(writer, 1, seed: 2, 2_500)));
            disk.Before = null;

            // Shorter than what was written in vain: nothing of it may stick out.
            var next = await writer.AppendAsync(1, seed: 3, 20);
            await writer.AssertHoldsAsync(kept, next);
            await using var again = Open(disk.Copy());
            await (await again.OpenShardAsync(1)).AssertHoldsAsync(kept, next);
        }
    }

    [Fact]
    public async Task A_full_disk_whose_partial_write_cannot_be_undone_fails_the_log()
    {
        var disk = new SimulatedDisk();
        await using var log = Open(disk);
        var writer = await log.OpenShardAsync(1);
        disk.Before = call => call.Operation switch
        {
            DiskOperation.Write => DiskFault.NoSpace(500),
            DiskOperation.SetLength => DiskFault.InputOutput,
            _ => null,
        };

        Assert.Equal(AppendOutcome.Failed, await writer.AppendAsync(Batch(writer, 1, seed: 2, 2_500)));
        Assert.NotNull(log.Problem);
        disk.Before = null;
    }

    [Fact]
    public async Task A_disk_that_fills_up_at_a_new_file_refuses_the_batch_and_goes_on_when_there_is_room()
    {
        foreach (var operation in new[] { DiskOperation.Create, DiskOperation.Write, DiskOperation.Sync })
        {
            var disk = new SimulatedDisk();
            await using var log = Open(disk);
            var writer = await log.OpenShardAsync(1);
            var kept = await writer.AppendAsync(1, seed: 1, 60_000);
            disk.Before = call => call.Operation == operation && call.Path.EndsWith("2.wal", StringComparison.Ordinal) ? DiskFault.NoSpace() : null;

            Assert.Equal(AppendOutcome.Full, await writer.AppendAsync(Batch(writer, 1, seed: 2, 60_000)));
            Assert.Equal([FirstWal], disk.List("/data/wal"));

            disk.Before = null;
            var next = await writer.AppendAsync(1, seed: 3, 60_000);
            await writer.AssertHoldsAsync(kept, next);
        }
    }

    [Fact]
    public async Task A_file_that_was_created_in_vain_does_not_come_back()
    {
        var disk = new SimulatedDisk();
        var log = Open(disk);
        var writer = await log.OpenShardAsync(1);
        var kept = await writer.AppendAsync(1, seed: 1, 60_000);
        var failures = 1;
        disk.Before = call => call.Operation == DiskOperation.SyncDirectory && failures-- > 0 ? DiskFault.NoSpace() : null;
        Assert.Equal(AppendOutcome.Full, await writer.AppendAsync(Batch(writer, 1, seed: 2, 60_000)));

        // Fits the first file, so that the second would start with the wrong frame.
        var next = await writer.AppendAsync(1, seed: 3, 100);

        // Of the names not synced the index and a second file would come back, but not the deletion of that file.
        var changes = 0;
        var after = disk.LosePower(() => changes++ < 2);
        await log.DisposeAsync();

        await using var again = Open(after);
        await (await again.OpenShardAsync(1)).AssertHoldsAsync(kept, next);
    }

    private static long TotalLength(SimulatedDisk disk) => new[] { FirstWal, "index.dat", "log.json" }.Sum(name => (long)disk[name].Length);
}
