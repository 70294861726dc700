using DChat.Core.Shards;
using DChat.Core.Topics;
using DChat.Storage.Tests.Log.Local;
using DChat.Testing.Log;
using static DChat.Storage.Tests.Log.Local.TestLog;

namespace DChat.Storage.Tests.Log;

/// <summary>What is expected of any <see cref="IShardLog"/>: derive from it to test another one.</summary>
public abstract class ShardLogConformance
{
    /// <summary>Made at first use: a derived class has its fixture by then.</summary>
    protected IShardLog Log => field ??= Create();

    private static ShardId Shard { get; } = new(1);

    /// <summary>Creates a log of <see cref="TestLog.ShardBits"/> shard bits.</summary>
    protected abstract IShardLog Create();

    /// <summary>Damages what is stored of a message.</summary>
    protected abstract void Damage(ShardId shard, IndexedMessage message);

    [Fact]
    public async Task Batches_are_read_back_in_the_order_they_were_appended_in_whatever_runs_they_came()
    {
        var writer = await OpenAsync();
        var first = await writer.AppendAsync(1, seed: 1, 100, 200);
        var whole = Batch(writer, 1, seed: 2, 30, 40, 50);
        var runs = whole with { Runs = [whole.Runs[0][..30], ReadOnlyMemory<byte>.Empty, whole.Runs[0][30..]] };
        Assert.Equal(AppendOutcome.Durable, await writer.AppendAsync(runs));

        await writer.AssertHoldsAsync(first, whole);
    }

    [Fact]
    public async Task A_batch_that_does_not_follow_the_head_is_out_of_sequence_and_nothing_of_it_is_kept()
    {
        var writer = await OpenAsync();
        var kept = await writer.AppendAsync(1, seed: 1, 100);

        Assert.Equal(AppendOutcome.OutOfSequence, await writer.AppendAsync(Batch(3, 1, seed: 2, [100])));
        Assert.Equal(AppendOutcome.OutOfSequence, await writer.AppendAsync(Batch(1, 1, seed: 2, [100])));

        await writer.AssertHoldsAsync(kept);
    }

    [Fact]
    public async Task Shards_have_sequences_and_terms_of_their_own()
    {
        var writer = await OpenAsync();
        var other = await IndexedShardWriter.OpenAsync(Log, new ShardId(2), Token);
        var kept = await writer.AppendAsync(1, seed: 1, 100);

        Assert.Equal(0ul, other.Index.Head);
        var others = await other.AppendAsync(2, seed: 2, 10);

        await writer.AssertHoldsAsync(kept);
        await other.AssertHoldsAsync(others);
    }

    [Fact]
    public async Task Opening_again_raises_the_term_shows_what_is_durable_and_fences_the_writer_before()
    {
        var first = await OpenAsync();
        var kept = await first.AppendAsync(1, seed: 1, 100);

        var second = await OpenAsync();

        Assert.True(second.Term > first.Term);
        await second.AssertHoldsAsync(kept);
        Assert.Equal(AppendOutcome.Fenced, await first.AppendAsync(Batch(2, 1, seed: 2, [100])));
        await second.AssertHoldsAsync(kept, await second.AppendAsync(1, seed: 3, 100));
    }

    [Fact]
    public async Task A_fenced_writer_is_told_so_though_its_batch_would_not_follow_the_head_any_more()
    {
        var first = await OpenAsync();
        var batch = Batch(first, 1, seed: 1, 100);
        var second = await OpenAsync();
        Assert.Equal(AppendOutcome.Durable, await second.AppendAsync(batch));

        Assert.Equal(AppendOutcome.Fenced, await first.AppendAsync(batch));
        Assert.Equal(AppendOutcome.Fenced, await first.AppendAsync(Batch(2, 1, seed: 2, [100])));
    }

    [Fact]
    public async Task A_fenced_writer_still_reads_by_the_snapshots_it_has_taken()
    {
        var first = await OpenAsync();
        var kept = await first.AppendAsync(1, seed: 1, 100, 50);
        var snapshot = first.Index.Snapshot();
        var second = await OpenAsync();
        await second.AppendAsync(1, seed: 2, 70);

        var read = await first.ReadAsync(snapshot, new ulong[] { 1, 2 }, Token);

        Assert.Equal(2ul, snapshot.Head);
        Assert.Equal(kept.Bytes(), read.Bytes);
    }

    [Fact]
    public async Task A_damaged_message_is_a_hole_and_the_others_are_read()
    {
        var writer = await OpenAsync();
        var before = await writer.AppendAsync(1, seed: 1, 300, 20);
        var damaged = await writer.AppendAsync(1, seed: 2, 400);
        var after = await writer.AppendAsync(1, seed: 3, 500);
        Damage(Shard, writer.Index.Snapshot()[3]);

        var read = await writer.ReadAsync(writer.Index.Snapshot(), new ulong[] { 1, 2, 3, 4 }, Token);

        Assert.Equal([.. before.Bytes(), .. after.Bytes()], read.Bytes);
        Assert.Equal([3ul], read.Holes);
        Assert.True(writer.Index.TryFind(damaged.Entries[0].Id, out _));
        Assert.Equal([3ul], (await writer.ReadAsync(writer.Index.Snapshot(), new ulong[] { 3 }, Token)).Holes);
    }

    [Fact]
    public void A_log_that_can_append_has_no_problem_and_a_name() =>
        Assert.True(Log.Problem is null && Log.Id != default);

    private ValueTask<IndexedShardWriter> OpenAsync() => IndexedShardWriter.OpenAsync(Log, Shard, Token);
}
