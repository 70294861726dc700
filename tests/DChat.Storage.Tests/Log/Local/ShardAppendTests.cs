using DChat.Core.Envelopes;
using DChat.Core.Shards;
using static DChat.Storage.Tests.Log.Local.TestLog;

namespace DChat.Storage.Tests.Log.Local;

public sealed class ShardAppendTests
{
    [Fact]
    public async Task What_was_appended_is_read_back_now_and_after_reopening()
    {
        var disk = new SimulatedDisk();
        ShardAppend a, b, c;
        LogId id;
        await using (var log = Open(disk))
        {
            id = log.Id;
            var first = await log.OpenShardAsync(1);
            var second = await log.OpenShardAsync(2);
            a = await first.AppendAsync(1, seed: 1, 100, 1, 3_000);
            b = await second.AppendAsync(2, seed: 2, EnvelopeLimits.MaxBytes);
            c = await first.AppendAsync(1, seed: 3, 512);
            await first.AssertHoldsAsync(a, c);
            await second.AssertHoldsAsync(b);
        }

        await using var again = Open(disk);
        Assert.Equal(id, again.Id);
        await (await again.OpenShardAsync(1)).AssertHoldsAsync(a, c);
        await (await again.OpenShardAsync(2)).AssertHoldsAsync(b);
        await (await again.OpenShardAsync(3)).AssertHoldsAsync();
    }

    [Fact]
    public async Task Topic_sequences_go_on_after_reopening()
    {
        var disk = new SimulatedDisk();
        var topic = Message(1, 3_000, 1).Entry.Topic;
        await using (var log = Open(disk))
        {
            var writer = await log.OpenShardAsync(1);
            await writer.AppendAsync(1, seed: 3, 10, 10, 10, 10);
        }

        await using var again = Open(disk);
        var reopened = await again.OpenShardAsync(1);
        Assert.Equal(3_004u, reopened.Index.TopicHead(topic));
        Assert.Equal([1ul, 4ul], reopened.Index.Snapshot().After(topic, 0, 4).Select(message => message.Sequence));
    }

    [Fact]
    public async Task A_batch_is_acknowledged_only_after_it_is_durable()
    {
        var disk = new SimulatedDisk();
        await using var log = Open(disk);
        var writer = await log.OpenShardAsync(0);
        using var gate = new SyncGate(disk);

        var batch = Batch(writer, 0, seed: 1, 100);
        var append = writer.AppendAsync(batch).AsTask();
        await gate.Reached;
        Assert.False(append.IsCompleted);
        Assert.Equal(0ul, writer.Index.Head);

        gate.Open();
        Assert.Equal(AppendOutcome.Durable, await append);
        await writer.AssertHoldsAsync(batch);
    }

    [Fact]
    public async Task Batches_that_come_during_a_sync_share_the_next_one()
    {
        var disk = new SimulatedDisk();
        await using var log = Open(disk);
        var writers = new[] { await log.OpenShardAsync(0), await log.OpenShardAsync(1), await log.OpenShardAsync(2) };
        using var gate = new SyncGate(disk);
        disk.Calls.Clear();

        var first = writers[0].AppendAsync(0, seed: 1, 100);
        await gate.Reached;
        var others = new[] { writers[1].AppendAsync(1, seed: 2, 100), writers[2].AppendAsync(2, seed: 3, 100) };
        gate.Open();
        await Task.WhenAll(others.Append(first));

        Assert.Equal(2, disk.Calls.Count(call => call.Operation == DiskOperation.Sync));
    }

    [Fact]
    public async Task The_append_after_a_completed_one_may_start_at_once_but_not_before()
    {
        var disk = new SimulatedDisk();
        await using var log = Open(disk);
        var writer = await log.OpenShardAsync(0);
        using var gate = new SyncGate(disk);

        var append = writer.AppendAsync(0, seed: 1, 100);
        await gate.Reached;
        await Assert.ThrowsAsync<InvalidOperationException>(() => writer.AppendAsync(0, seed: 2, 100));

        gate.Open();
        await append;
        await writer.AppendAsync(0, seed: 2, 100);
    }

    [Fact]
    public async Task A_batch_out_of_sequence_is_refused_and_leaves_nothing()
    {
        var disk = new SimulatedDisk();
        await using var log = Open(disk);
        var writer = await log.OpenShardAsync(0);
        var batch = await writer.AppendAsync(0, seed: 1, 100, 200);

        Assert.Equal(AppendOutcome.OutOfSequence, await writer.AppendAsync(Batch(2, 0, seed: 2, [100])));
        Assert.Equal(AppendOutcome.OutOfSequence, await writer.AppendAsync(Batch(4, 0, seed: 2, [100])));
        Assert.Equal(AppendOutcome.OutOfSequence, await writer.AppendAsync(batch));
        await writer.AssertHoldsAsync(batch);
    }

    [Fact]
    public async Task A_malformed_batch_is_the_callers_fault_and_leaves_the_log_usable()
    {
        var disk = new SimulatedDisk();
        await using var log = Open(disk);
        var writer = await log.OpenShardAsync(0);
        var kept = await writer.AppendAsync(0, seed: 1, 100);
        var good = Batch(writer, 0, seed: 2, 100, 200);
        ShardAppend[] malformed =
        [
            good with { Entries = [] },
            good with { Runs = [good.Runs[0][1..]] },
            good with { Runs = [good.Runs[0], new byte[] { 1 }] },
            good with { Runs = [good.Runs[0][..99], good.Runs[0][99..]] },
            good with { Runs = [] },
            good with { Entries = [good.Entries[0]] },
            good with { Entries = [good.Entries[0] with { Length = 0 }, good.Entries[1] with { Length = 300 }] },
            good with { Entries = [good.Entries[0] with { Class = 0 }, good.Entries[1]] },
            good with { Entries = [good.Entries[0] with { Class = (RetentionClass)6 }, good.Entries[1]] },
            good with { Entries = [good.Entries[0], good.Entries[1] with { Id = good.Entries[0].Id }] },
            Batch(writer, shard: 1, seed: 3, 100),
            Batch(writer, 0, seed: 4, EnvelopeLimits.MaxBytes + 1),
        ];
        foreach (var batch in malformed)
        {
            await Assert.ThrowsAsync<ArgumentException>(async () => await writer.AppendAsync(batch));
        }

        Assert.Equal(AppendOutcome.Durable, await writer.AppendAsync(good));
        await writer.AssertHoldsAsync(kept, good);
    }

    [Fact]
    public async Task A_batch_may_be_as_long_as_the_limit_and_no_longer()
    {
        const int Header = 73;
        int[] longest = [.. Enumerable.Repeat(EnvelopeLimits.MaxBytes - Header, RecordBatch.MaxBytes / EnvelopeLimits.MaxBytes)];
        var rest = RecordBatch.MaxBytes - (longest.Length * EnvelopeLimits.MaxBytes) - Header;
        var disk = new SimulatedDisk();
        await using var log = Open(disk);
        var writer = await log.OpenShardAsync(0);

        await Assert.ThrowsAsync<ArgumentException>(() => writer.AppendAsync(0, seed: 1, [.. longest, rest + 1]));
        var batch = await writer.AppendAsync(0, seed: 1, [.. longest, rest]);
        await writer.AssertHoldsAsync(batch);
    }

    [Fact]
    public async Task More_than_one_frame_can_hold_is_written_as_several()
    {
        var disk = new SimulatedDisk();
        await using var log = Open(disk, options => options.ShardBits = 4);
        int[] lengths = [.. Enumerable.Repeat(60_000, 30)];
        var writers = await Task.WhenAll(Enumerable.Range(0, 16).Select(shard => log.OpenShardAsync(shard).AsTask()));
        using var gate = new SyncGate(disk);
        disk.Calls.Clear();

        var appends = writers.Select((writer, shard) => writer.AppendAsync(Batch(1, shard, shard + 1, lengths, shardBits: 4)).AsTask()).ToArray();
        gate.Open();
        Assert.All(await Task.WhenAll(appends), outcome => Assert.Equal(AppendOutcome.Durable, outcome));

        // 16 batches of 1.8 MB in frames of at most 8 MiB, the first of which may hold a single batch.
        Assert.InRange(disk.Calls.Count(call => call.Operation == DiskOperation.Sync && call.Path.EndsWith(".wal", StringComparison.Ordinal)), 4, 16);
        Assert.All(writers, writer => Assert.Equal(30ul, writer.Index.Head));
    }

    [Fact]
    public async Task More_than_may_wait_is_refused_as_busy_and_the_log_does_not_count_as_full()
    {
        const int Bits = 6;
        var disk = new SimulatedDisk();
        await using var log = Open(disk, options => options.ShardBits = Bits);
        var writers = await Task.WhenAll(Enumerable.Range(0, 1 << Bits).Select(shard => log.OpenShardAsync(shard).AsTask()));
        using var gate = new SyncGate(disk);

        // Records of 65,536 bytes, 32 to a batch of 2 MiB, 32 batches to the limit of 64 MiB.
        int[] lengths = [.. Enumerable.Repeat(32_768 - 73, 64)];
        var appends = writers.Take(33).Select((writer, shard) => writer.AppendAsync(Batch(1, shard, shard + 1, lengths, Bits)).AsTask()).ToArray();
        Assert.True(appends[32].IsCompleted);
        Assert.Null(log.Problem);
        Assert.DoesNotContain(appends[..32], append => append.IsCompleted);

        gate.Open();
        var outcomes = await Task.WhenAll(appends);
        Assert.Equal(AppendOutcome.Busy, outcomes[32]);
        Assert.All(outcomes[..32], outcome => Assert.Equal(AppendOutcome.Durable, outcome));
        Assert.Equal(AppendOutcome.Durable, await writers[32].AppendAsync(Batch(1, 32, 99, lengths, Bits)));
    }
}
