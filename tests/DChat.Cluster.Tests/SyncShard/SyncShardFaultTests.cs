using DChat.Abstractions.Grains;
using DChat.Abstractions.Messages;
using DChat.Core.Envelopes;
using DChat.Core.Shards;
using DChat.Testing.Clusters;
using DChat.Testing.Log;
using DChat.Testing.Messages;
using Microsoft.Extensions.Time.Testing;

namespace DChat.Cluster.Tests.SyncShard;

public sealed class SyncShardFaultTests(SyncShardFaultTests.Pair pair) : IClassFixture<SyncShardFaultTests.Pair>, IDisposable
{
    private TestCluster _cluster = pair.Cluster;

    public void Dispose() => pair.Cluster.Log.BeforeCommit = (_, _) => Task.FromResult(AppendOutcome.Durable);

    [Fact]
    public async Task A_batch_is_acknowledged_only_after_it_is_durable()
    {
        var author = Author.OfShard(0);
        var gate = HoldCommits();

        var publish = PublishAsync(author, author.Seal(2));
        await gate.Reached;
        Assert.False(publish.IsCompleted);
        Assert.Equal(0ul, (await Shard(author).GetHeadAsync()).Sequence);
        gate.Release(AppendOutcome.Durable);

        Assert.All((await publish).Results, result => Assert.True(result.IsAccepted));
    }

    [Fact]
    public async Task A_retry_during_the_pending_commit_is_not_acknowledged_before_its_first_copy()
    {
        var author = Author.OfShard(5);
        var envelopes = author.Seal(1);
        var gate = HoldCommits();
        var first = PublishAsync(author, envelopes);
        await gate.Reached;

        var retry = PublishAsync(author, envelopes);
        await Shard(author).GetHeadAsync();
        Assert.False(retry.IsCompleted);
        gate.Release(AppendOutcome.Durable);

        Assert.False(Assert.Single((await first).Results).IsDuplicate);
        Assert.True(Assert.Single((await retry).Results).IsDuplicate);
        Assert.Equal(1ul, (await Shard(author).GetHeadAsync()).Sequence);
    }

    [Theory]
    [InlineData(AppendOutcome.Full, RejectionCode.StorageFull, 2_000, 1)]
    [InlineData(AppendOutcome.Failed, RejectionCode.StorageFailed, 2_000, 6)]
    [InlineData(AppendOutcome.Busy, RejectionCode.Overloaded, 100, 7)]
    public async Task Failing_storage_is_a_transient_rejection_that_says_when_to_retry_and_a_later_retry_succeeds(
        AppendOutcome outcome, RejectionCode code, int retryAfterMilliseconds, int shard)
    {
        var author = Author.OfShard(shard);
        var envelopes = author.Seal(2);
        _cluster.Log.BeforeCommit = (_, _) => Task.FromResult(outcome);
        var rejected = await PublishAsync(author, envelopes);
        Assert.All(rejected.Results, result => Assert.Equal((code, TimeSpan.FromMilliseconds(retryAfterMilliseconds)), (result.Rejection, result.RetryAfter)));
        Assert.True(code.IsTransient());

        _cluster.Log.BeforeCommit = (_, _) => Task.FromResult(AppendOutcome.Durable);
        var accepted = await PublishAsync(author, envelopes);

        Assert.Equal([1ul, 2ul], accepted.Results.Select(result => result.Sequence));
        Assert.All(accepted.Results, result => Assert.False(result.IsDuplicate));
    }

    [Fact]
    public async Task A_stale_activation_cannot_append_and_its_successor_continues_without_a_hole()
    {
        var author = Author.OfShard(2);
        Assert.Equal(1ul, Assert.Single((await PublishAsync(author, author.Seal(1))).Results).Sequence);

        // What a second activation does while the first still believes in itself.
        await _cluster.Log.OpenAsync(author.Shard, TestContext.Current.CancellationToken);
        var envelopes = author.Seal(1);
        var stale = await PublishAsync(author, envelopes);
        Assert.Equal(RejectionCode.ShardMoving, Assert.Single(stale.Results).Rejection);
        Assert.Equal(1ul, (await IndexedShardWriter.OpenAsync(_cluster.Log, author.Shard, TestContext.Current.CancellationToken)).Index.Head);

        await _cluster.Orleans.WaitForDeactivationAsync(Shard(author));
        var retried = await PublishAsync(author, envelopes);
        Assert.Equal(2ul, Assert.Single(retried.Results).Sequence);
    }

    [Fact]
    public async Task A_shard_that_moves_between_silos_keeps_its_sequences()
    {
        var author = Author.OfShard(3);
        for (var i = 0; i < 6; i++)
        {
            var reply = await PublishAsync(author, author.Seal(1));
            Assert.Equal((ulong)i + 1, Assert.Single(reply.Results).Sequence);
            var other = _cluster.Orleans.Silos.Single(silo => !_cluster.Hosts(silo, Shard(author)));
            await _cluster.Orleans.MigrateAsync(Shard(author), other.SiloAddress);
        }

        var page = await Shard(author).ReadAsync(default, 256);
        Assert.Equal([1ul, 2ul, 3ul, 4ul, 5ul, 6ul], page.Sequences);
    }

    [Fact]
    public async Task A_shard_that_has_just_moved_tells_where_it_stood_before_by_the_timestamps_of_its_messages()
    {
        var dayOld = Author.OfShard(8, time: new FakeTimeProvider(DateTimeOffset.UtcNow.AddHours(-20)));
        var author = Author.OfShard(8);
        await PublishAsync(dayOld, dayOld.Seal(3));
        await PublishAsync(author, author.Seal(2));

        var other = _cluster.Orleans.Silos.Single(silo => !_cluster.Hosts(silo, Shard(author)));
        await _cluster.Orleans.MigrateAsync(Shard(author), other.SiloAddress);

        Assert.Equal(5ul, (await Shard(author).GetHeadAsync()).Sequence);
        Assert.Equal(3ul, (await Shard(author).GetPastHeadAsync(TimeSpan.FromMinutes(1))).Sequence);
        Assert.Equal(5ul, (await Shard(author).GetPastHeadAsync(TimeSpan.Zero)).Sequence);
    }

    [Fact]
    public async Task A_killed_silo_loses_no_acknowledged_message()
    {
        await using var own = _cluster = await TestCluster.StartAsync(silos: 2);
        var author = Author.OfShard(4);
        var envelopes = author.Seal(4);
        await PublishAsync(author, envelopes);
        var holder = _cluster.Orleans.Silos.Single(silo => _cluster.Hosts(silo, Shard(author)));

        await _cluster.Orleans.KillSiloAsync(holder, TestContext.Current.CancellationToken);
        var page = await Shard(author).ReadAsync(default, 256);

        Assert.Equal(envelopes.Bytes, page.Envelopes.Bytes);
        Assert.Equal(5ul, Assert.Single((await PublishAsync(author, author.Seal(1))).Results).Sequence);
    }

    private CommitGate HoldCommits()
    {
        var gate = new CommitGate();
        _cluster.Log.BeforeCommit = (_, _) => gate.PassAsync();
        return gate;
    }

    private ISyncShardGrain Shard(Author author) => _cluster.Client.GetGrain<ISyncShardGrain>(author.ShardKey);

    private Task<PublishReply> PublishAsync(Author author, EnvelopeBatch envelopes) =>
        _cluster.Client.GetGrain<IAdmissionGrain>(0).PublishAsync(new PublishRequest(author.Shard, envelopes));

    private sealed class CommitGate
    {
        private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource<AppendOutcome> _outcome = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Reached => _reached.Task;

        public void Release(AppendOutcome outcome) => _outcome.SetResult(outcome);

        public Task<AppendOutcome> PassAsync()
        {
            _reached.TrySetResult();
            return _outcome.Task;
        }
    }

    /// <summary>Two silos for all tests of the class; each test has a shard of its own.</summary>
    public sealed class Pair : IAsyncLifetime
    {
        public TestCluster Cluster { get; private set; } = null!;

        public async ValueTask InitializeAsync() => Cluster = await TestCluster.StartAsync(silos: 2);

        public ValueTask DisposeAsync() => Cluster.DisposeAsync();
    }
}
