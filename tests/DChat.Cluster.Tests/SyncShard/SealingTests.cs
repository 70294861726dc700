using DChat.Abstractions.Grains;
using DChat.Abstractions.Messages;
using DChat.Core;
using DChat.Core.Clocks;
using DChat.Core.Envelopes;
using DChat.Core.Segments;
using DChat.Core.Shards;
using DChat.Testing.Clusters;
using DChat.Testing.Messages;
using DChat.Testing.Simulation;

namespace DChat.Cluster.Tests.SyncShard;

/// <summary>Messages that leave the open set for a sealed segment: nobody who reads, publishes or follows notices.</summary>
public sealed class SealingTests(FakeTimeCluster fixture) : IClassFixture<FakeTimeCluster>
{
    private readonly TestCluster _cluster = fixture.Cluster;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_epoch_that_has_ended_is_sealed_and_its_messages_are_read_and_offered_again_as_before()
    {
        var author = Author.OfShard(0, time: fixture.Time);
        var envelopes = author.Seal(200);
        var first = await PublishAsync(author, envelopes);

        await EndEpochAsync(author);

        Assert.Contains(_cluster.Disk.List(Path.GetFullPath("./data/segments/0")), name => name.EndsWith(".seg", StringComparison.Ordinal));
        var fetched = await Shard(author).FetchAsync(author.Topic.Tag, null, 256);
        Assert.Equal(envelopes.Bytes, fetched.Envelopes.Bytes);
        Assert.Equal(first.Results.Select(result => result.Sequence), fetched.Sequences);
        Assert.Equal(Enumerable.Range(1, 200).Select(i => (ulong)i), fetched.TopicSequences);
        Assert.Equal(Enumerable.Repeat(Door.Push, 200), fetched.Doors);
        var retry = await PublishAsync(author, envelopes);
        Assert.All(retry.Results, result => Assert.Equal("duplicate", result.IsDuplicate ? "duplicate" : $"{result.Rejection} {result.Sequence}"));
        Assert.Equal(first.Results.Select(result => (result.Sequence, result.TopicSequence)), retry.Results.Select(result => (result.Sequence, result.TopicSequence)));
    }

    [Fact]
    public async Task Pages_by_cursor_go_over_what_is_sealed_and_what_is_open_also_after_the_shard_was_opened_anew()
    {
        var (author, other) = (Author.OfShard(1, time: fixture.Time), Author.OfShard(1, number: 1, fixture.Time));
        List<byte[]> sent = [];
        for (var epoch = 0; epoch < 3; epoch++)
        {
            for (var i = 0; i < 10; i++)
            {
                var envelope = (i % 3 == 0 ? other : author).SealOne([(byte)epoch, (byte)i]);
                await PublishAsync(author, EnvelopeBatch.Pack([envelope]));
                sent.Add(envelope);
            }

            if (epoch < 2)
            {
                await EndEpochAsync(author);
            }
        }

        for (var opened = 0; opened < 2; opened++)
        {
            foreach (var page in (int[])[1, 7, 256])
            {
                Assert.Equal(sent, await ReadAllAsync(page, (shard, after) => shard.ReadAsync(after, page)));
                Assert.Equal(
                    sent.Where((_, i) => i % 10 % 3 != 0),
                    await ReadAllAsync(page, (shard, after) => shard.FetchAsync(author.Topic.Tag, after, page)));
            }

            await _cluster.Orleans.DeactivateAsync(Shard(author));
        }

        var late = await PublishAsync(author, author.Seal(1));
        Assert.Equal((31ul, 19ul), (late.Results[0].Sequence, late.Results[0].TopicSequence));

        async Task<List<byte[]>> ReadAllAsync(int page, Func<ISyncShardGrain, LogPosition, Task<ReadReply>> read)
        {
            List<byte[]> all = [];
            for (var after = new LogPosition(_cluster.Log.Id, 0); ;)
            {
                var reply = await read(Shard(author), after);
                if (reply.Sequences.Length == 0)
                {
                    return all;
                }

                Assert.InRange(reply.Sequences.Length, 1, page);
                all.AddRange(reply.Envelopes.Envelopes.Select(envelope => envelope.ToArray()));
                after = new LogPosition(_cluster.Log.Id, reply.Sequences[^1]);
            }
        }
    }

    [Fact]
    public async Task A_shard_that_was_opened_after_a_sealing_tells_where_it_stood_before_though_its_newest_messages_are_sealed()
    {
        var author = Author.OfShard(7, time: fixture.Time);
        await PublishAsync(author, author.Seal(3));
        fixture.Time.Advance(TimeSpan.FromMinutes(10));
        await PublishAsync(author, author.Seal(2));
        var moment = HybridTimestamp.Create(fixture.Time.GetUtcNow().ToUnixTimeMilliseconds(), 0);
        fixture.Time.Advance(TimeSpan.FromMinutes(10));
        await PublishAsync(author, author.Seal(1));
        foreach (var (epoch, before) in new[] { (1ul, moment), (2ul, new HybridTimestamp(ulong.MaxValue)) })
        {
            await Inside(author).SealAsync(new EpochId(epoch), before);
            await _cluster.Orleans.DeactivateAsync(Shard(author));
            foreach (var ago in (int[])[30, 20, 15, 5])
            {
                Assert.InRange((await Shard(author).GetPastHeadAsync(TimeSpan.FromMinutes(ago))).Sequence, 0ul, ago > 9 ? 3ul : 5ul);
            }
        }

        fixture.Time.Advance(TimeSpan.FromMinutes(10));
        Assert.Equal(6ul, (await Shard(author).GetPastHeadAsync(TimeSpan.FromMinutes(1))).Sequence);
    }

    [Fact]
    public async Task While_a_shard_is_sealed_again_and_again_every_message_keeps_one_place_and_topics_stay_dense()
    {
        Author[] authors = [.. Enumerable.Range(0, 3).Select(number => Author.OfShard(2, number, fixture.Time))];
        var shard = Inside(authors[0]);
        using var done = new CancellationTokenSource();
        var sealing = Task.Run(async () =>
        {
            for (var epoch = 1ul; !done.IsCancellationRequested; epoch++)
            {
                await shard.SealAsync(new EpochId(epoch), new HybridTimestamp(ulong.MaxValue));
            }
        }, Token);
        var replies = await Task.WhenAll(authors.Select(author => Task.Run(async () =>
        {
            List<PublishResult> results = [];
            for (var i = 0; i < 60; i++)
            {
                var envelopes = author.Seal(4);
                results.AddRange((await PublishAsync(author, envelopes)).Results);
                var again = await PublishAsync(author, envelopes);
                Assert.Equal(results[^4..].Select(result => result.Sequence), again.Results.Select(result => result.Sequence));
            }

            return results;
        }, Token)));
        await done.CancelAsync();
        await sealing;

        Assert.Equal(Enumerable.Range(1, 720).Select(i => (ulong)i), replies.SelectMany(results => results).Select(result => result.Sequence).Order());
        Assert.All(replies, results => Assert.Equal(Enumerable.Range(1, 240).Select(i => (ulong)i), results.Select(result => result.TopicSequence)));
    }

    [Fact]
    public async Task A_disk_that_fails_costs_nothing_but_another_attempt()
    {
        var author = Author.OfShard(3, time: fixture.Time);
        var envelopes = author.Seal(20);
        await PublishAsync(author, envelopes);
        _cluster.Disk.Before = call => call.Operation == DiskOperation.Sync && call.Path.Contains("segments", StringComparison.Ordinal) ? DiskFault.InputOutput : null;
        try
        {
            var error = await Assert.ThrowsAsync<DChatException>(() => Inside(author).SealAsync(new EpochId(1), new HybridTimestamp(ulong.MaxValue)));
            Assert.Equal(("segment-unwritable", true), (error.Code, error.IsTransient));
            Assert.Equal(envelopes.Bytes, (await Shard(author).FetchAsync(author.Topic.Tag, null, 256)).Envelopes.Bytes);
        }
        finally
        {
            _cluster.Disk.Before = null;
        }

        var segment = Assert.Single((await Inside(author).SealAsync(new EpochId(1), new HybridTimestamp(ulong.MaxValue))).Segments);
        Assert.Equal((1ul, RetentionClass.ThirtyDays, 20), (segment.Epoch, segment.Class, segment.Count));
        Assert.Equal(envelopes.Bytes, (await Shard(author).FetchAsync(author.Topic.Tag, null, 256)).Envelopes.Bytes);
    }

    [Fact]
    public async Task A_message_that_is_damaged_in_the_log_is_left_out_and_told()
    {
        var author = Author.OfShard(4, time: fixture.Time);
        await PublishAsync(author, author.Seal(3));
        _cluster.Log.Damage(author.Shard, 2);

        var reply = await Inside(author).SealAsync(new EpochId(1), new HybridTimestamp(ulong.MaxValue));

        Assert.Equal([2ul], reply.Holes);
        Assert.Equal(2, Assert.Single(reply.Segments).Count);
        var read = await Shard(author).ReadAsync(new LogPosition(_cluster.Log.Id, 0), 256);
        Assert.Equal([1ul, 3ul], read.Sequences);
        Assert.Equal([2ul], read.Holes);
    }

    [Fact]
    public async Task Messages_from_the_moment_on_stay_open_and_so_does_what_came_late()
    {
        var author = Author.OfShard(5, time: fixture.Time);
        await PublishAsync(author, author.Seal(2));
        fixture.Time.Advance(TimeSpan.FromMilliseconds(5));
        var moment = HybridTimestamp.Create(fixture.Time.GetUtcNow().ToUnixTimeMilliseconds(), 0);
        await PublishAsync(author, author.Seal(3));

        Assert.Equal(2, Assert.Single((await Inside(author).SealAsync(new EpochId(1), moment)).Segments).Count);
        Assert.Empty((await Inside(author).SealAsync(new EpochId(1), new HybridTimestamp(ulong.MaxValue))).Segments);
        Assert.Equal(3, Assert.Single((await Inside(author).SealAsync(new EpochId(2), new HybridTimestamp(ulong.MaxValue))).Segments).Count);
    }

    [Fact]
    public async Task Nobody_outside_the_cluster_seals() =>
        Assert.Equal("cluster-only", (await Assert.ThrowsAsync<DChatException>(
            () => Shard(Author.OfShard(6)).SealAsync(new EpochId(1), new HybridTimestamp(ulong.MaxValue)))).Code);

    private ISyncShardGrain Shard(Author author) => _cluster.Client.GetGrain<ISyncShardGrain>(author.ShardKey);

    private ISyncShardGrain Inside(Author author) => _cluster.SiloClient.GetGrain<ISyncShardGrain>(author.ShardKey);

    private Task<PublishReply> PublishAsync(Author author, EnvelopeBatch envelopes) =>
        _cluster.Client.GetGrain<IAdmissionGrain>(0).PublishAsync(new PublishRequest(author.Shard, envelopes));

    // The clock goes on by steps, as its readers see them, to the end of the epoch and no farther than a message may be old.
    private async Task EndEpochAsync(Author author)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Token);
        patience.CancelAfter(TimeSpan.FromSeconds(30));
        for (var steps = 0; _cluster.Log.Unreleased.Contains(author.Shard); steps++)
        {
            patience.Token.ThrowIfCancellationRequested();
            fixture.Time.Advance(steps < 240 ? TimeSpan.FromSeconds(30) : TimeSpan.FromMilliseconds(10));
            await Task.Yield();
        }
    }
}
