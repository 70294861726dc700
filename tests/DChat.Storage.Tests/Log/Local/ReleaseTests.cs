using System.Text;
using System.Text.RegularExpressions;
using DChat.Core.Shards;
using DChat.Storage.Log.Local;
using DChat.Storage.Log.Local.Checkpoint;
using DChat.Testing.Log;
using static DChat.Storage.Tests.Log.Local.TestLog;

namespace DChat.Storage.Tests.Log.Local;

/// <summary>What is kept elsewhere, or nowhere any more, is no longer kept by the log.</summary>
public sealed class ReleaseTests
{
    // Two do not fit into one file.
    private const int Long = 61_000;

    [Fact]
    public async Task Files_whose_messages_are_all_released_are_deleted_from_the_oldest_on()
    {
        var disk = new SimulatedDisk();
        var log = Open(disk);
        var writer = await log.OpenShardAsync(1);
        var batches = await AppendAsync(writer, 1, count: 4);
        writer.Release(1);
        await UntilAsync(() => Files(disk) == 3);
        writer.Release(3);
        await UntilAsync(() => Files(disk) == 1);
        writer.Release(4);

        var next = await writer.AppendAsync(1, seed: 9, 40);
        await log.DisposeAsync();
        Assert.Equal(["00000004.wal"], disk.List("/data/wal"));
        await AssertHoldsFromAsync(disk, 4, batches[3], next);
    }

    [Fact]
    public async Task A_file_stays_while_one_shard_needs_it_and_so_do_those_after_it()
    {
        var disk = new SimulatedDisk();
        await using var log = Open(disk);
        var (writer, other) = (await log.OpenShardAsync(1), await log.OpenShardAsync(2));
        await writer.AppendAsync(1, seed: 1, 10);
        await other.AppendAsync(2, seed: 2, 10);
        var batches = await AppendAsync(writer, 1, count: 3);
        writer.Release(4);
        await Task.Yield();
        Assert.Equal(3, Files(disk));
        other.Release(1);
        await UntilAsync(() => Files(disk) == 1);
        Assert.Equal(3, batches.Length);
    }

    [Fact]
    public async Task A_start_goes_on_where_the_log_begins_with_and_without_its_index()
    {
        foreach (var isIndexLost in (bool[])[false, true])
        {
            var disk = new SimulatedDisk();
            var log = Open(disk);
            var (writer, other) = (await log.OpenShardAsync(1), await log.OpenShardAsync(2));
            await other.AppendAsync(2, seed: 7, 10);
            var batches = await AppendAsync(writer, 1, count: 4);
            writer.Release(3);
            other.Release(1);
            await UntilAsync(() => Files(disk) == 1);
            await log.DisposeAsync();
            if (isIndexLost)
            {
                disk.Delete("/data/index.dat");
            }

            await AssertHoldsFromAsync(disk, 4, batches[3]);
            await using var again = Open(disk);
            var empty = await again.OpenAsync(new(2), Token);
            Assert.Equal(AppendOutcome.OutOfSequence, (await empty.AppendAsync(Batch(1, 2, seed: 8, [10]))).Outcome);
            Assert.Equal(AppendOutcome.Durable, (await empty.AppendAsync(Batch(2, 2, seed: 8, [10]))).Outcome);
        }
    }

    [Fact]
    public async Task A_crash_at_any_call_of_a_deletion_loses_nothing_that_is_needed_and_the_next_start_ends_it()
    {
        for (var calls = 0; ; calls++)
        {
            var disk = new SimulatedDisk();
            var log = Open(disk);
            var writer = await log.OpenShardAsync(1);
            var batches = await AppendAsync(writer, 1, count: 4);
            var (left, isReached) = (calls, false);
            disk.Before = call =>
            {
                isReached |= Interlocked.Decrement(ref left) < 0;
                return left < 0 ? DiskFault.InputOutput : null;
            };
            writer.Release(3);
            await log.DisposeAsync();
            disk.Before = null;
            var after = disk.LosePower(() => calls % 2 == 0);

            await using var again = Open(after);
            var replayed = await IndexedShardWriter.OpenAsync(again, new(1), Token);
            Assert.Equal(4ul, replayed.Index.Head);
            Assert.True(replayed.Index.TryFind(batches[3].Entries[0].Id, out _));
            await replayed.AppendAsync(1, seed: 9, 10);
            replayed.Release(3);
            await UntilAsync(() => Files(after) == 1);
            if (!isReached)
            {
                return;
            }
        }
    }

    [Fact]
    public async Task A_manifest_that_a_start_has_seen_is_durable_before_files_are_deleted_for_it()
    {
        var disk = new SimulatedDisk();
        var log = Open(disk);
        var writer = await log.OpenShardAsync(1);
        var batches = await AppendAsync(writer, 1, count: 4);
        var isReplaced = new TaskCompletionSource();
        disk.Before = call =>
        {
            // The new manifest has its name, and nothing after that reaches the disk.
            var isManifest = call.Operation == DiskOperation.SyncDirectory && call.Path == "/data";
            return isManifest && isReplaced.TrySetResult() ? DiskFault.InputOutput : isReplaced.Task.IsCompleted ? DiskFault.InputOutput : null;
        };
        writer.Release(3);
        await isReplaced.Task.WaitAsync(Token);
        var killed = disk.KillProcess();
        await log.DisposeAsync();
        await using (Open(killed))
        {
            Assert.Equal(["00000004.wal"], killed.List("/data/wal"));
        }

        await AssertHoldsFromAsync(killed.LosePower(() => false), 4, batches[3]);
    }

    [Fact]
    public async Task Topic_sequences_of_a_log_of_the_format_before_are_counted_and_its_files_go_only_together()
    {
        var disk = new SimulatedDisk();
        var log = Open(disk);
        var writer = await log.OpenShardAsync(1);
        for (var i = 0; i < 6; i++)
        {
            // Without topic sequences, as the version before wrote them; the topics are three in turn.
            var batch = Batch(writer, 1, seed: i, Long);
            Assert.Equal(AppendOutcome.Durable, await writer.AppendAsync(batch with { TopicSequences = [0u] }));
        }

        await log.DisposeAsync();
        disk["log.json"] = Encoding.UTF8.GetBytes(Regex.Replace(
            Encoding.UTF8.GetString(disk["log.json"]).Replace("\"format\": 3", "\"format\": 2", StringComparison.Ordinal), ",\\s*\"first(File|Counted)\": \\d+|,\\s*\"dropped\": null", ""));
        disk.Delete("/data/index.dat");

        log = Open(disk);
        writer = await log.OpenShardAsync(1);
        Assert.Equal([1ul, 1ul, 1ul, 2ul, 2ul, 2ul], writer.Index.Snapshot().Messages.OrderBy(m => m.TopicSequence).Select(m => m.TopicSequence));
        Assert.Contains("\"firstCounted\": 7", Encoding.UTF8.GetString(disk["log.json"]), StringComparison.Ordinal);
        writer.Release(5);
        await writer.AppendAsync(1, seed: 20, Long);
        await writer.AppendAsync(1, seed: 21, Long);
        writer.Release(5);
        await log.DisposeAsync();
        Assert.Equal(8, Files(disk));

        log = Open(disk);
        writer = await log.OpenShardAsync(1);
        writer.Release(7);
        await UntilAsync(() => Files(disk) == 1);
        await log.DisposeAsync();
    }

    [Fact]
    public async Task A_released_message_is_a_hole_for_whoever_still_asks_for_it()
    {
        var disk = new SimulatedDisk();
        await using var log = Open(disk);
        var writer = await log.OpenShardAsync(1);
        var batches = await AppendAsync(writer, 1, count: 2);
        var before = writer.Index.Snapshot();
        writer.Release(1);
        await UntilAsync(() => Files(disk) == 1);
        var read = await writer.ReadAsync(before, new ulong[] { 1, 2 }, Token);
        Assert.Equal([1ul], read.Holes);
        Assert.Equal(batches[1].Bytes(), read.Bytes);
    }

    [Fact]
    public async Task The_index_is_written_anew_when_most_of_it_is_of_messages_that_are_gone()
    {
        var disk = new SimulatedDisk();
        var log = Open(disk, options => options.CheckpointBytes = LocalShardLogOptions.MinCheckpointBytes);
        var writer = await log.OpenShardAsync(1);
        var seed = 0;
        while (disk["index.dat"].Length < IndexFile.MinCompacted)
        {
            await writer.AppendAsync(1, ++seed, [.. Enumerable.Repeat(1, 500)]);
        }

        writer.Release(writer.Index.Head);
        var first = writer.Index.Head + 1;
        List<ShardAppend> kept = [await writer.AppendAsync(1, ++seed, Long)];
        await UntilAsync(() => Files(disk) == 1);

        // A checkpoint that runs already may have begun before.
        while (disk["index.dat"].Length > IndexFile.MinCompacted / 2)
        {
            kept.Add(await writer.AppendAsync(1, ++seed, Long));
        }

        await log.DisposeAsync();
        await AssertHoldsFromAsync(disk, first, [.. kept]);
    }

    private static async Task<ShardAppend[]> AppendAsync(IndexedShardWriter writer, int shard, int count)
    {
        var batches = new ShardAppend[count];
        for (var i = 0; i < count; i++)
        {
            batches[i] = await writer.AppendAsync(shard, seed: 100 + i, Long);
        }

        return batches;
    }

    /// <summary>After a start the shard holds exactly these batches, the first of them under this sequence.</summary>
    private static async Task AssertHoldsFromAsync(SimulatedDisk disk, ulong first, params ShardAppend[] batches)
    {
        await using var log = Open(disk);
        var writer = await log.OpenShardAsync(1);
        var snapshot = writer.Index.Snapshot();
        IndexEntry[] entries = [.. batches.SelectMany(batch => batch.Entries)];
        Assert.Equal(entries, snapshot.Messages.Select(message => message.Entry));
        ulong[] sequences = [.. Enumerable.Range(0, entries.Length).Select(i => first + (ulong)i)];
        Assert.Equal(sequences, snapshot.Messages.Select(message => message.Sequence));
        var read = await writer.ReadAsync(snapshot, sequences, Token);
        Assert.Equal([.. batches.SelectMany(batch => batch.Bytes())], read.Bytes);
    }

    private static int Files(SimulatedDisk disk) => disk.List("/data/wal").Count;

    private static async Task UntilAsync(Func<bool> reached)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Token);
        patience.CancelAfter(TimeSpan.FromSeconds(30));
        while (!reached())
        {
            patience.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }
}
