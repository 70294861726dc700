using DChat.Abstractions.Grains;
using DChat.Abstractions.Messages;
using DChat.Core;
using DChat.Core.Clocks;
using DChat.Core.Envelopes;
using DChat.Core.Reconciliation;
using DChat.Core.Segments;
using DChat.Core.Shards;
using DChat.Grains.SyncShard;
using DChat.Testing.Clusters;
using DChat.Testing.Messages;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace DChat.Cluster.Tests.SyncShard;

/// <summary>Sessions over the set of one shard, as federation uses them.</summary>
public sealed class SyncSessionTests : IAsyncLifetime
{
    private static readonly SyncRange Everything = new(0, ulong.MaxValue, []);

    private readonly FakeTimeProvider _time = new(TimeProvider.System.GetUtcNow());
    private readonly Author _author = Author.OfShard(3);
    private TestCluster _cluster = null!;

    private ISyncShardGrain Shard => _cluster.SiloClient.GetGrain<ISyncShardGrain>(_author.ShardKey);

    private SyncSessions Sessions => _cluster.Orleans.Silos[0].ServiceProvider.GetRequiredService<SyncSessions>();

    public async ValueTask InitializeAsync() => _cluster = await TestCluster.StartAsync(time: _time);

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    [Fact]
    public async Task A_session_reads_messages_by_id_also_when_they_are_sealed_between_looking_up_and_reading()
    {
        var envelopes = _author.Seal(300);
        await AppendAsync(envelopes);
        var opening = await Shard.OpenSyncAsync(Everything, theirs: null, isStranger: false);
        var ids = envelopes.Envelopes.Select(envelope => MessageId.Compute(envelope.Span).Value).ToArray();
        Assert.Equal(300, await opening.Session.LocateAsync([.. SyncValues.Pack(ids), .. new byte[Bytes32.Length]]));
        await Shard.SealAsync(new EpochId(1), new HybridTimestamp(ulong.MaxValue));
        _cluster.Log.Damage(_author.Shard, 1);

        List<Bytes32> read = [];
        while (await opening.Session.ReadAsync() is { Count: > 0 } page)
        {
            Assert.InRange(page.Count, 1, EnvelopeBatch.MaxCount);
            read.AddRange(page.Envelopes.Select(envelope => MessageId.Compute(envelope.Span).Value));
        }

        Assert.Equal(ids.Order(), read.Order());
        Assert.Equal(0, (await opening.Session.ReadAsync()).Count);
    }

    [Fact]
    public async Task A_session_is_of_the_moment_it_was_opened_and_finds_what_a_peer_has_more()
    {
        await AppendAsync(_author.Seal(50));
        var opening = await Shard.OpenSyncAsync(Everything, theirs: null, isStranger: false);
        await AppendAsync(_author.Seal(20));
        var later = await Shard.OpenSyncAsync(Everything, opening.Ours, isStranger: true);
        Assert.Equal((50ul, 70ul), (opening.Ours.Count, later.Ours.Count));

        // The one asks, the other answers.
        var step = await opening.Session.BeginAsync(later.Ours);
        while (step.Kind != FinderStepKind.Done)
        {
            step = await opening.Session.ContinueAsync(step.Kind == FinderStepKind.AskSymbols
                ? await later.Session.ProduceAsync(step.Start, step.Count)
                : await later.Session.AnswerAsync(step.Message));
        }

        Assert.Equal((0, 20, true), (step.Found!.Haves.Length, step.Found.Needs.Length / Bytes32.Length, step.Found.IsExact));
    }

    [Fact]
    public async Task There_are_so_many_sessions_and_no_more_until_one_is_closed_or_idle()
    {
        var opened = await Task.WhenAll(Enumerable.Range(0, SyncSessions.MaxSessions).Select(_ => Shard.OpenSyncAsync(Everything, theirs: null, isStranger: false)));
        var refused = await Assert.ThrowsAsync<DChatException>(() => Shard.OpenSyncAsync(Everything, theirs: null, isStranger: false));
        Assert.Equal(("overloaded", true), (refused.Code, refused.IsTransient));

        await opened[0].Session.CloseAsync();
        opened[0] = await Shard.OpenSyncAsync(Everything, theirs: null, isStranger: false);
        Assert.Equal(SyncSessions.MaxSessions, Sessions.Count);

        _time.Advance(TimeSpan.FromSeconds(ISyncSession.IdleSeconds - 10));
        await opened[1].Session.ReadAsync();
        _time.Advance(TimeSpan.FromSeconds(20));
        while (Sessions.Count > 1)
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            await Task.Yield();
        }

        Assert.Equal(0, (await opened[1].Session.ReadAsync()).Count);
        await Shard.OpenSyncAsync(Everything, theirs: null, isStranger: false);
    }

    [Fact]
    public async Task Strangers_have_so_many_of_the_sessions_and_keep_no_partner_out()
    {
        var opened = await Task.WhenAll(
            Enumerable.Range(0, SyncSessions.MaxStrangers).Select(_ => Shard.OpenSyncAsync(Everything, theirs: null, isStranger: true)));
        var refused = await Assert.ThrowsAsync<DChatException>(() => Shard.OpenSyncAsync(Everything, theirs: null, isStranger: true));
        Assert.Equal(("overloaded", true), (refused.Code, refused.IsTransient));

        await Shard.OpenSyncAsync(Everything, theirs: null, isStranger: false);
        await opened[0].Session.CloseAsync();
        await Shard.OpenSyncAsync(Everything, theirs: null, isStranger: true);

        Assert.Equal(SyncSessions.MaxStrangers + 1, Sessions.Count);
    }

    [Fact]
    public void As_many_shards_as_the_limit_keep_sketches_and_with_one_more_the_one_that_was_used_longest_ago_does_not()
    {
        var sketched = new SketchedShards();
        var shards = Enumerable.Range(0, SketchedShards.MaxCount + 1)
            .Select(_ => new ShardSync(default, null!, null!, Sessions, () => null!, () => null!, _time)).ToList();
        Assert.All(shards[..^1], shard => Assert.Null(sketched.Use(shard)));

        Assert.Null(sketched.Use(shards[0]));
        Assert.Same(shards[1], sketched.Use(shards[^1]));
        sketched.Remove(shards[2]);
        Assert.Null(sketched.Use(shards[1]));
        Assert.Equal(SketchedShards.MaxCount, sketched.Count);
    }

    [Theory]
    [InlineData(512, true)]
    [InlineData(513, false)]
    public async Task A_question_that_takes_longer_than_anybody_waits_is_given_up(int count, bool isAnswered)
    {
        using var reads = new SealedReads();
        var shard = new ShardSync(default, null!, reads, Sessions, () => null!, () => null!, _time);
        var set = new SlowSet(count, () => _time.Advance(TimeSpan.FromSeconds(16)));
        var session = new SyncSession(shard, Everything, new(set, Sketch: null), ShardFloors.None, isStranger: true, _ => { }, _time);

        // A pass reads 256 items at once.
        var asked = session.ProduceAsync(0, 1);

        if (isAnswered)
        {
            Assert.Equal(CodedSymbol.Length, (await asked).Length);
            await session.ProduceAsync(0, 300);
        }
        else
        {
            Assert.True(await Assert.ThrowsAsync<DChatException>(() => asked) is { Code: "overloaded", IsTransient: true });
        }
    }

    [Fact]
    public async Task A_shard_whose_set_differs_keeps_a_sketch_until_it_goes()
    {
        await AppendAsync(_author.Seal(5));
        var opening = await Shard.OpenSyncAsync(Everything, theirs: null, isStranger: true);
        Assert.Equal(1, Sessions.Sketched.Count);

        await Shard.OpenSyncAsync(Everything, opening.Ours, isStranger: true);
        Assert.Equal(1, Sessions.Sketched.Count);
    }

    [Theory]
    [InlineData(-1, 1)]
    [InlineData(0, 0)]
    [InlineData(0, ISyncSession.MaxSymbols + 1)]
    public async Task Symbols_that_cannot_be_asked_for_are_refused(int start, int count)
    {
        var opening = await Shard.OpenSyncAsync(Everything, theirs: null, isStranger: false);

        Assert.Equal("reconciliation-invalid", (await Assert.ThrowsAsync<DChatException>(() => opening.Session.ProduceAsync(start, count))).Code);
    }

    [Fact]
    public async Task More_ids_than_one_call_may_have_or_half_an_id_are_refused()
    {
        var session = (await Shard.OpenSyncAsync(Everything, theirs: null, isStranger: false)).Session;

        Assert.Equal(0, await session.LocateAsync(new byte[ISyncSession.MaxIds * Bytes32.Length]));
        foreach (var length in (int[])[0, 1, Bytes32.Length + 1, (ISyncSession.MaxIds + 1) * Bytes32.Length])
        {
            Assert.Equal("reconciliation-invalid", (await Assert.ThrowsAsync<DChatException>(() => session.LocateAsync(new byte[length]))).Code);
        }
    }

    [Fact]
    public async Task Clients_open_no_sessions()
    {
        var shard = _cluster.Client.GetGrain<ISyncShardGrain>(_author.ShardKey);

        Assert.Equal(ClusterOnlyAttribute.ForbiddenCode, (await Assert.ThrowsAsync<DChatException>(() => shard.OpenSyncAsync(Everything, theirs: null, isStranger: false))).Code);
    }

    private sealed class SlowSet(int count, Action read) : ISortedSet
    {
        public int Count => count;

        public int LowerBound(SetItem bound) => throw new NotSupportedException();

        public void CopyTo(int start, Span<SetItem> items) => read();

        public IdSum SumOf(int start, int until) => throw new NotSupportedException();
    }

    private async Task AppendAsync(EnvelopeBatch envelopes)
    {
        foreach (var part in envelopes.Envelopes.Chunk(100))
        {
            Assert.All((await Shard.AppendAsync(Appends.Of(EnvelopeBatch.Pack(part), Door.Push))).Results, result => Assert.True(result.IsAccepted));
        }
    }
}
