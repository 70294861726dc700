using DChat.Abstractions.Messages;
using DChat.Core.Admission;
using DChat.Core.Envelopes;
using DChat.Libp2p.Transports.Memory;
using DChat.Testing.Messages;
using Microsoft.Extensions.DependencyInjection;

namespace DChat.Federation.Tests.Sync;

/// <summary>Two relays, each a cluster of its own, that reconcile.</summary>
public sealed class SyncRunTests : IAsyncLifetime
{
    private readonly MemoryTransport _network = new();
    private readonly List<Relay> _relays = [];

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        foreach (var relay in _relays)
        {
            await relay.DisposeAsync();
        }
    }

    [Fact]
    public async Task After_one_run_both_have_the_same_messages_open_or_sealed_and_know_how_many_were_missing()
    {
        var (theirs, ours) = await StartPairAsync();
        var (shared, mine, other) = (Author.OfShard(3, 1), Author.OfShard(3, 2), Author.OfShard(3, 3));
        await ours.AppendAsync(shared, 300);
        await ours.RunAsync();
        await ours.SealAsync(3, epoch: 1);
        await ours.AppendAsync(mine, 40);
        await theirs.AppendAsync(other, 25, length: 3_000);
        await theirs.SealAsync(3, epoch: 2);
        await theirs.AppendAsync(other, 30);
        await theirs.AppendAsync(Author.OfShard(7), 5);

        var run = await ours.RunAsync();

        Assert.Null(run.Fault);
        Assert.Equal(run.RanAt, run.EqualAt);
        var shard = run.Shards.Single(each => each.Shard == 3);
        Assert.Equal((340, 355, 55, 40), (shard.Ours, shard.Theirs, shard.Needs, shard.Haves));
        Assert.Equal((55, 40, 0, 0, 0), (shard.Pulled, shard.Given, shard.Deferred, shard.Refused, shard.Unwanted));
        Assert.True(shard.IsExact);
        Assert.Equal((5, 5), (run.Shards.Single(each => each.Shard == 7).Needs, run.Shards.Single(each => each.Shard == 7).Pulled));
        Assert.All(run.Shards.Where(each => each.Shard is not (3 or 7)), each => Assert.Equal("equal", each.Method));
        foreach (var number in (int[])[3, 7])
        {
            Assert.Equal((await theirs.ReadAsync(number)).Keys, (await ours.ReadAsync(number)).Keys);
        }

        Assert.All((await ours.RunAsync()).Shards, each => Assert.Equal(("equal", true), (each.Method, each.IsExact)));
    }

    [Fact]
    public async Task A_partner_that_does_not_name_us_gives_and_does_not_take()
    {
        var (theirs, ours) = await StartPairAsync(isMutual: false);
        await ours.AppendAsync(Author.OfShard(3, 1), 7);
        await theirs.AppendAsync(Author.OfShard(3, 2), 5);

        var run = await ours.RunAsync();

        var shard = run.Shards.Single(each => each.Shard == 3);
        Assert.Equal((5, 7, 5, 0, 7), (shard.Needs, shard.Haves, shard.Pulled, shard.Given, shard.Unwanted));
        Assert.NotEqual(run.RanAt, run.EqualAt);
        Assert.Equal((12, 5), ((await ours.ReadAsync(3)).Count, (await theirs.ReadAsync(3)).Count));
    }

    [Fact]
    public async Task Old_messages_come_by_sync_though_gossip_and_push_refuse_them_but_nothing_below_the_floor_of_either_side()
    {
        var old = TimeProvider.System.GetUtcNow().AddDays(-3);
        var clock = new Microsoft.Extensions.Time.Testing.FakeTimeProvider(old);
        var author = Author.OfShard(3, 1, clock);
        var (theirs, ours) = await StartPairAsync(configure: Floors(old.AddMinutes(10)));
        await theirs.AppendAsync(author, 10);
        clock.Advance(TimeSpan.FromMinutes(20));
        await theirs.AppendAsync(author, 15);

        var shard = (await ours.RunAsync()).Shards.Single(each => each.Shard == 3);
        var back = (await theirs.RunAsync()).Shards.Single(each => each.Shard == 3);

        Assert.Equal((15, 15, 0), (shard.Needs, shard.Pulled, shard.Refused));
        Assert.Equal(15, (await ours.ReadAsync(3)).Count);
        Assert.Equal(("equal", 0, 0), (back.Method, back.Needs, back.Haves));
    }

    [Fact]
    public async Task Beyond_the_budget_of_a_run_messages_come_with_a_later_one()
    {
        var (theirs, ours) = await StartPairAsync(isMutual: false, Budget(1 << 20));
        await theirs.AppendAsync(Author.OfShard(3, 1), 60, length: 30_000);

        List<SyncShardRun> runs = [];
        do
        {
            runs.Add((await ours.RunAsync()).Shards.Single(each => each.Shard == 3));
        }
        while (runs[^1].Needs > runs[^1].Pulled);

        Assert.InRange(runs.Count, 2, 4);
        Assert.Contains(runs, run => run.Deferred > 0);
        Assert.All(runs, run => Assert.True(run.Pulled * 30_000 <= (1 << 20) + EnvelopeBatch.MaxBytes));
        Assert.Equal(60, (await ours.ReadAsync(3)).Count);
    }

    [Fact]
    public async Task A_message_that_is_damaged_at_the_partner_is_missed_and_comes_when_it_is_whole_elsewhere()
    {
        var (theirs, ours) = await StartPairAsync(isMutual: false);
        var author = Author.OfShard(3, 1);
        await theirs.AppendAsync(author, 10);
        theirs.Gateways.Cluster.Log.Damage(new(3), 4);

        var run = await ours.RunAsync();

        var shard = run.Shards.Single(each => each.Shard == 3);
        Assert.Equal((10, 9), (shard.Needs, shard.Pulled));
        Assert.NotEqual(run.RanAt, run.EqualAt);
    }

    [Fact]
    public async Task A_partner_that_is_away_is_a_fault_until_it_is_there()
    {
        var ours = await StartAsync("a", ["b"]);
        Assert.NotNull((await ours.RunAsync()).Fault);
        var theirs = await StartAsync("b", []);
        await theirs.AppendAsync(Author.OfShard(3, 1), 3);

        SyncPartnerDescription run;
        do
        {
            run = await ours.RunAsync();
        }
        while (run.Fault is not null);

        Assert.Equal(3, (await ours.ReadAsync(3)).Count);
        Assert.Equal(3, run.TotalPulled);
    }

    [Fact]
    public async Task What_came_by_sync_is_not_gossiped_on()
    {
        var (theirs, ours) = await StartPairAsync(isMutual: false);
        var author = Author.OfShard(3, 1);
        await using var peer = await ours.Gateways.JoinAsync(0, author.Shard, TestContext.Current.CancellationToken);
        await theirs.AppendAsync(author, 3);
        await ours.RunAsync();
        var fresh = Author.OfShard(3, 2);
        await ours.AppendAsync(fresh, 1, door: Door.Push);

        // The first that the peer hears of is the one that was pushed after all of those that were synced.
        var heard = await peer.ReadAsync(TestContext.Current.CancellationToken);
        var doors = await ours.ReadAsync(3);
        Assert.Equal((3, 1), (doors.Values.Count(door => door == Door.Sync), doors.Values.Count(door => door == Door.Push)));
        Assert.Equal(Door.Push, doors[MessageId.Compute(heard.Span).ToString()]);
    }

    private static Action<ISiloBuilder> Floors(DateTimeOffset floor) =>
        silo => silo.Services.Configure<AdmissionOptions>(options => options.Floors[RetentionClass.ThirtyDays] = floor);

    private static Action<ISiloBuilder> Budget(long bytes) => silo => silo.Services.PostConfigure<SyncOptions>(options => options.MaxRunBytes = bytes);

    /// <summary>Two relays; the second reconciles with the first, and the first with the second if that is mutual.</summary>
    private async Task<(Relay Theirs, Relay Ours)> StartPairAsync(bool isMutual = true, Action<ISiloBuilder>? configure = null)
    {
        var theirs = await StartAsync("b", isMutual ? ["a"] : []);
        var ours = await StartAsync("a", ["b"], configure);
        await theirs.SettleAsync();
        await ours.SettleAsync();
        return (theirs, ours);
    }

    private async Task<Relay> StartAsync(string name, string[] partners, Action<ISiloBuilder>? configure = null)
    {
        var relay = await Relay.StartAsync(name, _network, partners, configure);
        _relays.Add(relay);
        return relay;
    }
}
