using DChat.Core.Shards;
using static DChat.Storage.Tests.Log.Local.TestLog;

namespace DChat.Storage.Tests.Log.Local;

public sealed class FencingTests
{
    [Fact]
    public async Task Opening_a_shard_again_starts_a_new_term_and_fences_the_writer_before()
    {
        var disk = new SimulatedDisk();
        await using var log = Open(disk);
        var first = await log.OpenShardAsync(1);
        var other = await log.OpenShardAsync(2);
        var kept = await first.AppendAsync(1, seed: 1, 100);

        var second = await log.OpenShardAsync(1);
        Assert.Equal(1ul, first.Term);
        Assert.Equal(2ul, second.Term);
        Assert.Equal(first.Index.Head, second.Index.Head);
        Assert.Equal(AppendOutcome.Fenced, await first.AppendAsync(Batch(first, 1, seed: 2, 100)));

        var next = await second.AppendAsync(1, seed: 2, 100);
        await second.AssertHoldsAsync(kept, next);
        await other.AppendAsync(2, seed: 3, 100);
    }

    [Fact]
    public async Task A_fenced_writer_still_reads()
    {
        var disk = new SimulatedDisk();
        await using var log = Open(disk);
        var first = await log.OpenShardAsync(1);
        var kept = await first.AppendAsync(1, seed: 1, 100);
        await log.OpenShardAsync(1);

        await first.AssertHoldsAsync(kept);
    }

    [Fact]
    public async Task A_fenced_writer_whose_batch_the_next_has_appended_is_told_that_it_is_fenced()
    {
        var disk = new SimulatedDisk();
        await using var log = Open(disk);
        var first = await log.OpenShardAsync(1);
        var batch = Batch(first, 1, seed: 1, 100);
        var second = await log.OpenShardAsync(1);
        Assert.Equal(AppendOutcome.Durable, await second.AppendAsync(batch));

        Assert.Equal(AppendOutcome.Fenced, await first.AppendAsync(batch));
        Assert.Equal(AppendOutcome.Fenced, await first.AppendAsync(batch with { FirstSequence = 2 }));
    }

    [Fact]
    public async Task A_new_writer_is_handed_out_only_after_the_append_in_flight_has_ended()
    {
        var disk = new SimulatedDisk();
        await using var log = Open(disk);
        var first = await log.OpenShardAsync(1);
        using var gate = new SyncGate(disk);
        var batch = Batch(first, 1, seed: 1, 100);
        var append = first.AppendAsync(batch).AsTask();
        await gate.Reached;

        var opening = log.OpenShardAsync(1).AsTask();
        Assert.False(opening.IsCompleted);
        gate.Open();

        // It was in flight when the new term began, and may be kept: the new writer knows of it.
        Assert.Equal(AppendOutcome.Durable, await append);
        await (await opening).AssertHoldsAsync(batch);
    }

    [Fact]
    public async Task An_append_still_queued_when_the_shard_is_opened_again_is_fenced()
    {
        var disk = new SimulatedDisk();
        await using var log = Open(disk);
        var first = await log.OpenShardAsync(1);
        var other = await log.OpenShardAsync(2);
        using var gate = new SyncGate(disk);
        var running = other.AppendAsync(Batch(other, 2, seed: 1, 100)).AsTask();
        await gate.Reached;

        var queued = first.AppendAsync(Batch(first, 1, seed: 2, 100)).AsTask();
        var opening = log.OpenShardAsync(1).AsTask();
        gate.Open();

        Assert.Equal(AppendOutcome.Durable, await running);
        Assert.Equal(AppendOutcome.Fenced, await queued);
        await (await opening).AssertHoldsAsync();
    }

    [Fact]
    public async Task A_shard_the_network_does_not_have_cannot_be_opened()
    {
        await using var log = Open(new SimulatedDisk());

        await log.OpenShardAsync((1 << ShardBits) - 1);
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await log.OpenShardAsync(1 << ShardBits));
    }

    [Fact]
    public async Task A_closed_log_answers_that_it_has_failed()
    {
        var log = Open(new SimulatedDisk());
        var writer = await log.OpenShardAsync(1);
        var batch = Batch(writer, 1, seed: 1, 100);
        await log.DisposeAsync();
        await log.DisposeAsync();

        Assert.NotNull(log.Problem);
        Assert.Equal(AppendOutcome.Failed, await writer.AppendAsync(batch));
        Assert.Equal("log-failed", (await Assert.ThrowsAsync<Core.DChatException>(async () => await log.OpenShardAsync(1))).Code);
    }

    [Fact]
    public async Task Closing_answers_what_is_queued_first()
    {
        var disk = new SimulatedDisk();
        var log = Open(disk);
        var writer = await log.OpenShardAsync(1);
        using var gate = new SyncGate(disk);
        var batch = Batch(writer, 1, seed: 1, 100);
        var append = writer.AppendAsync(batch).AsTask();
        await gate.Reached;
        var closing = log.DisposeAsync().AsTask();
        gate.Open();

        Assert.Equal(AppendOutcome.Durable, await append);
        await closing;
        await using var again = Open(disk);
        await (await again.OpenShardAsync(1)).AssertHoldsAsync(batch);
    }
}
