using DChat.Core;
using DChat.Core.Shards;
using DChat.Storage.Tests.Log.Local;
using DChat.Testing.Log;
using static DChat.Storage.Tests.Log.Local.TestLog;

namespace DChat.Storage.Tests.Log.Azure;

/// <summary>Two silos and one shard: whatever the one is in the middle of when the other comes, one has the shard, and nothing is lost.</summary>
public sealed class TakeoverTests(AzuriteServer server)
{
    private readonly TestContainer _container = server.NewContainer();

    [Fact]
    public async Task A_writer_of_another_silo_is_fenced_at_its_next_append_and_for_good()
    {
        await using var one = await _container.OpenAsync();
        await using var other = await _container.OpenAsync();
        var first = await TestContainer.OpenShardAsync(one);
        var kept = await first.AppendAsync(1, seed: 1, 100);

        var second = await TestContainer.OpenShardAsync(other);

        Assert.Equal(one.Id, other.Id);
        Assert.Equal(first.Term + 1, second.Term);
        await second.AssertHoldsAsync(kept);
        Assert.Equal(AppendOutcome.Fenced, await first.AppendAsync(Batch(first, 1, seed: 2, 100)));
        await second.AssertHoldsAsync(kept, await second.AppendAsync(1, seed: 3, 100));
        Assert.Equal(AppendOutcome.Fenced, await first.AppendAsync(Batch(first, 1, seed: 2, 100)));
        Assert.Equal(kept.Bytes(), (await first.ReadAsync(first.Index.Snapshot(), new ulong[] { 1 }, Token)).Bytes);
    }

    [Fact]
    public async Task Of_silos_that_open_a_shard_at_once_each_has_a_term_of_its_own_and_the_highest_alone_appends()
    {
        const int Silos = 5;
        var logs = await Task.WhenAll(Enumerable.Range(0, Silos).Select(_ => _container.OpenAsync()));
        var writers = await Task.WhenAll(logs.Select(log => TestContainer.OpenShardAsync(log).AsTask()));

        Assert.Equal(Silos, writers.Select(writer => writer.Term).Distinct().Count());
        var last = writers.MaxBy(writer => writer.Term)!;
        var outcomes = await Task.WhenAll(writers.Select(writer => writer.AppendAsync(Batch(1, 1, seed: (int)writer.Term, [100])).AsTask()));
        Assert.Equal(writers.Select(writer => writer == last ? AppendOutcome.Durable : AppendOutcome.Fenced), outcomes);
        foreach (var log in logs)
        {
            Assert.Equal(logs[0].Id, log.Id);
            await log.DisposeAsync();
        }
    }

    /// <summary>A roll is an append of the end, create, list, lease and an append of the beginning.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public async Task A_writer_that_goes_on_in_another_blob_cannot_slip_away_from_one_who_opens_the_shard(int requestsBefore)
    {
        var faults = new FaultPolicy();
        await using var one = await _container.OpenAsync(faults, options => options.BlobBlocks = 3);
        await using var other = await _container.OpenAsync();
        var first = await TestContainer.OpenShardAsync(one);
        var kept = new List<ShardAppend> { await first.AppendAsync(1, seed: 1, 100), await first.AppendAsync(1, seed: 2, 100) };
        IndexedShardWriter? second = null;
        faults.Before = async _ =>
        {
            if (requestsBefore-- == 0)
            {
                second = await TestContainer.OpenShardAsync(other);
            }
        };

        Assert.Equal(AppendOutcome.Fenced, await first.AppendAsync(Batch(first, 1, seed: 3, 100)));

        faults.Before = _ => Task.CompletedTask;
        Assert.NotNull(second);
        Assert.True(second.Term > first.Term);
        await second.AssertHoldsAsync([.. kept]);
        kept.Add(await second.AppendAsync(1, seed: 4, 100));
        Assert.Equal(AppendOutcome.Fenced, await first.AppendAsync(Batch(first, 1, seed: 3, 100)));
        await AssertReopensWithAsync(kept);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public async Task A_silo_that_dies_while_it_goes_on_in_another_blob_leaves_a_shard_that_opens(int requestsBefore)
    {
        var faults = new FaultPolicy();
        await using var one = await _container.OpenAsync(faults, options => options.BlobBlocks = 3);
        var first = await TestContainer.OpenShardAsync(one);
        var kept = new List<ShardAppend> { await first.AppendAsync(1, seed: 1, 100), await first.AppendAsync(1, seed: 2, 100) };
        faults.On = _ => requestsBefore-- > 0 ? null : Trouble.RequestLost;

        Assert.Equal(AppendOutcome.Failed, await first.AppendAsync(Batch(first, 1, seed: 3, 100)));

        await AssertReopensWithAsync(kept);
        await AssertReopensWithAsync(kept);
    }

    /// <summary>Opening is list, break, read, append of the end, create, list, lease and an append of the beginning.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    public async Task A_silo_that_dies_while_it_opens_a_shard_leaves_one_that_opens(int requestsBefore)
    {
        var kept = new List<ShardAppend>();
        await using (var before = await _container.OpenAsync())
        {
            kept.Add(await (await TestContainer.OpenShardAsync(before)).AppendAsync(1, seed: 1, 100));
        }

        var faults = new FaultPolicy();
        await using var dying = await _container.OpenAsync(faults);
        faults.On = _ => requestsBefore-- > 0 ? null : Trouble.RequestLost;

        var error = await Assert.ThrowsAsync<DChatException>(async () => await TestContainer.OpenShardAsync(dying));

        Assert.True(error is { Code: "log-unreachable" or "log-unreadable", IsTransient: true }, error.ToString());
        await AssertReopensWithAsync(kept);
        await AssertReopensWithAsync(kept);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    public async Task A_silo_that_stands_still_while_it_opens_a_shard_takes_it_over_as_it_is_by_then(int requestsBefore)
    {
        await using (var before = await _container.OpenAsync())
        {
            await (await TestContainer.OpenShardAsync(before)).AppendAsync(1, seed: 1, 100);
        }

        var faults = new FaultPolicy();
        await using var slow = await _container.OpenAsync(faults);
        ShardAppend? kept = null;
        faults.Before = async _ =>
        {
            if (requestsBefore-- == 0)
            {
                kept = await OvertakeAsync();
            }
        };

        var writer = await TestContainer.OpenShardAsync(slow);

        var snapshot = writer.Index.Snapshot();
        Assert.Equal(4ul, snapshot.Head);
        Assert.Equal(kept!.Bytes(), (await writer.ReadAsync(snapshot, new ulong[] { 4 }, Token)).Bytes);
        Assert.Equal(AppendOutcome.Durable, await writer.AppendAsync(Batch(writer, 1, seed: 9, 100)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    public async Task A_silo_that_stands_still_while_it_opens_a_shard_misses_nothing_of_a_writer_who_goes_on_in_other_blobs(int requestsBefore)
    {
        await using var one = await _container.OpenAsync(configure: options => options.BlobBlocks = 3);
        var first = await TestContainer.OpenShardAsync(one);
        var kept = new List<ShardAppend> { await first.AppendAsync(1, seed: 1, 100), await first.AppendAsync(1, seed: 2, 100) };
        var faults = new FaultPolicy();
        await using var slow = await _container.OpenAsync(faults);
        faults.Before = async _ =>
        {
            for (var seed = 3; requestsBefore == 0 && seed <= 7; seed++)
            {
                var batch = Batch(first, 1, seed, 100);
                if (await first.AppendAsync(batch) == AppendOutcome.Durable)
                {
                    kept.Add(batch);
                }
            }

            requestsBefore--;
        };

        var second = await TestContainer.OpenShardAsync(slow);

        await second.AssertHoldsAsync([.. kept]);
        Assert.Equal(AppendOutcome.Fenced, await first.AppendAsync(Batch(first, 1, seed: 8, 100)));
        kept.Add(await second.AppendAsync(1, seed: 9, 100));
        await AssertReopensWithAsync(kept);
    }

    // Opens the shard twice, appends, and has all blobs but the newest deleted, also those that the other one knows of.
    private async Task<ShardAppend> OvertakeAsync()
    {
        await using var other = await _container.OpenAsync(configure: options => options.BlobBlocks = 2);
        await (await TestContainer.OpenShardAsync(other)).AppendAsync(1, seed: 2, 100);
        await using var third = await _container.OpenAsync(configure: options => options.BlobBlocks = 2);
        var writer = await TestContainer.OpenShardAsync(third);
        await writer.AppendAsync(1, seed: 3, 100);
        var last = await writer.AppendAsync(1, seed: 4, 100);
        writer.Release(3);
        await third.TrimmedAsync(TestContainer.Shard);
        Assert.Single(await _container.NamesAsync());
        return last;
    }

    private async Task AssertReopensWithAsync(IEnumerable<ShardAppend> batches)
    {
        await using var log = await _container.OpenAsync();
        await (await TestContainer.OpenShardAsync(log)).AssertHoldsAsync([.. batches]);
    }
}
