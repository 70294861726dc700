using DChat.Core;
using DChat.Core.Shards;
using DChat.Storage.Log.Local;
using DChat.Storage.Log.Local.Checkpoint;
using static DChat.Storage.Tests.Log.Local.TestLog;

namespace DChat.Storage.Tests.Log.Local;

/// <summary>The index on disk saves reading, and is believed only as far as it is whole.</summary>
public sealed class CheckpointTests
{
    private const string IndexFile = "index.dat";

    [Fact]
    public async Task A_start_after_a_clean_close_reads_the_index_and_not_the_log()
    {
        var (disk, batches) = await WriteAndCloseAsync();
        DamageFirstFrame(disk);

        await using var log = Open(disk);
        var writer = await log.OpenShardAsync(1);
        Assert.Equal((ulong)batches.Sum(batch => batch.Entries.Count), writer.Index.Head);
        Assert.Equal([1ul], (await writer.ReadAsync(writer.Index.Snapshot(), new ulong[] { 1 }, Token)).Holes);
    }

    [Fact]
    public async Task A_missing_index_is_rebuilt_from_the_log()
    {
        var (disk, batches) = await WriteAndCloseAsync();
        disk.Delete($"/data/{IndexFile}");

        await AssertHoldsAndGoesOnAsync(disk, batches);
    }

    [Fact]
    public async Task An_index_cut_off_at_any_byte_is_used_as_far_as_it_goes()
    {
        var (disk, batches) = await WriteAndCloseAsync();
        var index = disk[IndexFile];
        for (var length = 0; length < index.Length; length++)
        {
            var copy = disk.Copy();
            copy[IndexFile] = index[..length];
            await AssertHoldsAndGoesOnAsync(copy, batches);
        }
    }

    [Fact]
    public async Task An_index_with_a_flipped_bit_anywhere_is_used_as_far_as_it_is_whole()
    {
        var (disk, batches) = await WriteAndCloseAsync();
        var index = disk[IndexFile];
        for (var at = 0; at < index.Length; at++)
        {
            var copy = disk.Copy();
            var damaged = index.ToArray();
            damaged[at] ^= (byte)(1 << (at % 8));
            copy[IndexFile] = damaged;
            await AssertHoldsAndGoesOnAsync(copy, batches);
        }
    }

    [Fact]
    public async Task An_index_from_before_the_last_messages_is_completed_from_the_log()
    {
        var (disk, batches) = await WriteAndCloseAsync();
        var stale = disk[IndexFile];
        ShardAppend next;
        await using (var log = Open(disk))
        {
            next = await (await log.OpenShardAsync(1)).AppendAsync(1, seed: 8, 61_000, 61_000);
        }

        disk[IndexFile] = stale;
        await AssertHoldsAndGoesOnAsync(disk, [.. batches, next]);
    }

    [Fact]
    public async Task An_index_of_another_log_is_not_believed()
    {
        var (disk, batches) = await WriteAndCloseAsync();
        var (other, _) = await WriteAndCloseAsync();
        disk[IndexFile] = other[IndexFile];

        await AssertHoldsAndGoesOnAsync(disk, batches);
    }

    [Fact]
    public async Task An_index_that_contradicts_itself_is_rebuilt_from_the_log()
    {
        var (disk, batches) = await WriteAndCloseAsync();
        var index = disk[IndexFile];
        var entries = index[..^IndexBlock.CommitLength];
        disk[IndexFile] = [.. entries, .. index];

        await AssertHoldsAndGoesOnAsync(disk, batches);
    }

    [Fact]
    public async Task An_index_that_is_damaged_while_the_log_is_open_is_named_with_its_offset_and_made_anew_at_the_next_start()
    {
        var (disk, batches) = await WriteAndCloseAsync();
        await using (var log = Open(disk))
        {
            using (var index = disk.Open($"/data/{IndexFile}"))
            {
                index.Write([(byte)(disk[IndexFile][IndexBlock.HeaderLength] ^ 1)], IndexBlock.HeaderLength);
            }

            var fault = await Assert.ThrowsAsync<DChatException>(async () => await log.OpenShardAsync(1));
            Assert.Equal("log-corrupt", fault.Code);
            Assert.StartsWith($"/data/{IndexFile} is damaged at offset 0: ", fault.Message, StringComparison.Ordinal);
        }

        await AssertHoldsAndGoesOnAsync(disk, batches);
    }

    [Fact]
    public async Task The_index_is_written_in_the_background_while_the_log_goes_on()
    {
        var disk = new SimulatedDisk();
        var log = Open(disk, options => options.CheckpointBytes = LocalShardLogOptions.MinCheckpointBytes);
        var writer = await log.OpenShardAsync(1);
        using var release = new ManualResetEventSlim();
        var writing = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        disk.Before = call =>
        {
            if (call.Operation == DiskOperation.Write && call.Path.EndsWith(IndexFile, StringComparison.Ordinal))
            {
                writing.TrySetResult();
                release.Wait(Token);
            }

            return null;
        };

        var a = await writer.AppendAsync(1, seed: 1, 61_000, 10_000);
        await writing.Task.WaitAsync(Token);
        var b = await writer.AppendAsync(1, seed: 2, 300);
        release.Set();
        await log.DisposeAsync();

        DamageFirstFrame(disk);
        await using var again = Open(disk);
        Assert.Equal(3ul, (await again.OpenShardAsync(1)).Index.Head);
        Assert.Equal(2, a.Entries.Count);
        Assert.Single(b.Entries);
    }

    [Fact]
    public async Task An_index_that_cannot_be_written_stops_nothing_and_is_written_the_next_time()
    {
        var disk = new SimulatedDisk();
        var log = Open(disk, options => options.CheckpointBytes = LocalShardLogOptions.MinCheckpointBytes);
        var writer = await log.OpenShardAsync(1);
        var failed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        disk.Before = call =>
        {
            if (call.Operation != DiskOperation.Write || !call.Path.EndsWith(IndexFile, StringComparison.Ordinal))
            {
                return null;
            }

            failed.TrySetResult();
            return DiskFault.NoSpace(30);
        };

        var a = await writer.AppendAsync(1, seed: 1, 61_000, 10_000);
        await failed.Task.WaitAsync(Token);
        disk.Before = null;
        var b = await writer.AppendAsync(1, seed: 2, 300);
        Assert.Null(log.Problem);
        await log.DisposeAsync();

        await AssertHoldsAndGoesOnAsync(disk, [a, b]);
        DamageFirstFrame(disk);
        await using var again = Open(disk);
        Assert.Equal(4ul, (await again.OpenShardAsync(1)).Index.Head);
    }

    private static async Task<(SimulatedDisk Disk, ShardAppend[] Batches)> WriteAndCloseAsync()
    {
        var disk = new SimulatedDisk();
        await using var log = Open(disk);
        var writer = await log.OpenShardAsync(1);
        ShardAppend[] batches = [await writer.AppendAsync(1, seed: 1, 300, 20), await writer.AppendAsync(1, seed: 2, 1_000)];
        return (disk, batches);
    }

    private static async Task AssertHoldsAndGoesOnAsync(SimulatedDisk disk, ShardAppend[] batches)
    {
        ShardAppend next;
        await using (var log = Open(disk))
        {
            var writer = await log.OpenShardAsync(1);
            await writer.AssertHoldsAsync(batches);
            next = await writer.AppendAsync(1, seed: 9, 40);
        }

        await using var again = Open(disk);
        await (await again.OpenShardAsync(1)).AssertHoldsAsync([.. batches, next]);
    }

    // A start that read the log would refuse.
    private static void DamageFirstFrame(SimulatedDisk disk)
    {
        var wal = disk[FirstWal];
        wal[64 + 64 + 73 + 5] ^= 1;
        disk[FirstWal] = wal;
    }
}
