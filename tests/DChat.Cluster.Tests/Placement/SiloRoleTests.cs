using DChat.Abstractions.Grains;
using DChat.Abstractions.Placement;
using DChat.Client;
using DChat.Client.Hosting;
using DChat.Core;
using DChat.Core.Topics;
using DChat.Testing.Clusters;
using DChat.Testing.Messages;
using DChat.Testing.Peers;
using Microsoft.Extensions.DependencyInjection;
using InProcessSiloHandle = Orleans.TestingHost.InProcessSiloHandle;

namespace DChat.Cluster.Tests.Placement;

/// <summary>One core and two edges: grains live where their role says, whoever calls them.</summary>
public sealed class SiloRoleTests(SiloRoleTests.Three three) : IClassFixture<SiloRoleTests.Three>
{
    private const int Probes = 60;

    private TestCluster _cluster = three.Cluster;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private InProcessSiloHandle Core => _cluster.Orleans.Silos[0];

    private SiloAddress[] Edges => [.. _cluster.Orleans.Silos.Skip(1).Take(2).Select(silo => silo.SiloAddress)];

    [Fact]
    public async Task Every_shard_is_hosted_by_the_core_for_an_outside_client_and_for_every_silo()
    {
        foreach (var grains in Callers())
        {
            for (var shard = 0; shard < TestCluster.Network.ShardCount; shard++)
            {
                var grain = grains.GetGrain<ISyncShardGrain>(GrainKeys.Shard(TestCluster.Network.Network, new ShardId((ushort)shard)));
                await grain.GetHeadAsync();
                Assert.True(_cluster.Hosts(Core, grain));
                await _cluster.Orleans.DeactivateAsync(grain);
            }
        }
    }

    [Fact]
    public async Task Edge_grains_are_hosted_by_the_edges_for_an_outside_client_and_for_every_silo()
    {
        foreach (var (grains, caller) in Callers().Select((grains, caller) => (grains, caller)))
        {
            var places = await PlacesAsync(grains, "test.edge-probe", caller * Probes);

            Assert.All(places, place => Assert.Contains(place, Edges));
        }
    }

    [Fact]
    public async Task The_peers_of_a_gateway_are_kept_in_its_own_silo_and_never_in_a_core()
    {
        foreach (var silo in _cluster.Orleans.Silos.Skip(1))
        {
            for (var i = 0; i < Probes; i++)
            {
                var gateway = $"{silo.Name}-{i}";
                var grain = silo.ServiceProvider.GetRequiredService<IGrainFactory>().GetGrain<IPeerSetGrain>(GrainKeys.PeerSet(gateway));
                await grain.ReportAsync(GatewayReports.Update(gateway, described: 1));
                Assert.True(_cluster.Hosts(silo, grain));
            }
        }

        for (var i = 0; i < Probes; i++)
        {
            var unknown = _cluster.Client.GetGrain<IPeerSetGrain>(GrainKeys.PeerSet($"unknown-{i}"));
            Assert.Null(await unknown.DescribeAsync());
            Assert.False(_cluster.Hosts(Core, unknown));
        }
    }

    [Fact]
    public async Task A_silo_that_is_both_hosts_grains_of_either_role()
    {
        await using var own = _cluster = await StartAsync();
        await _cluster.Orleans.StartAdditionalSiloAsync();
        var both = (await _cluster.Orleans.StartAdditionalSiloAsync()).SiloAddress;
        await _cluster.Orleans.KillSiloAsync(Core, Token);
        foreach (var silo in _cluster.Orleans.Silos.Where(silo => silo.SiloAddress != both).ToArray())
        {
            await _cluster.Orleans.KillSiloAsync(silo, Token);
        }

        var grains = _cluster.Orleans.GetSiloServiceProvider(both).GetRequiredService<IGrainFactory>();
        Assert.All(await PlacesAsync(grains, "test.edge-probe", 0), place => Assert.Equal(both, place));
        Assert.All(await PlacesAsync(grains, "test.core-probe", 0), place => Assert.Equal(both, place));
    }

    [Fact]
    public async Task Without_a_core_a_call_fails_at_once_in_a_way_that_the_sdk_retries_and_a_new_core_serves_it()
    {
        await using var own = _cluster = await StartAsync();
        var author = Author.OfShard(0);
        var client = _cluster.Client.ServiceProvider.GetRequiredService<IDChatClient>();
        await _cluster.Orleans.KillSiloAsync(Core, Token);

        var raw = await Assert.ThrowsAnyAsync<OrleansException>(
            () => _cluster.Client.GetGrain<ISyncShardGrain>(author.ShardKey).GetHeadAsync().WaitAsync(TimeSpan.FromSeconds(10), Token));
        Assert.Contains("No active silo with role core", raw.Message, StringComparison.Ordinal);
        var seen = await Assert.ThrowsAsync<DChatException>(() => client.FetchAsync(author.Topic, cancellationToken: Token));
        Assert.Equal((DChatErrorCodes.SiloUnavailable, true), (seen.Code, seen.IsTransient));

        var core = await _cluster.Orleans.StartAdditionalSiloAsync();
        await WaitUntilRolesAreKnownAsync(_cluster);
        Assert.All(await PlacesAsync(_cluster.Client, "test.core-probe", 0), place => Assert.Equal(core.SiloAddress, place));
    }

    private static async Task<TestCluster> StartAsync()
    {
        var cluster = await TestCluster.StartAsync(
            silos: 3,
            configureClient: client => client.UseDChatClient(options => options.RetryTimeout = TimeSpan.Zero),
            roles: [SiloRole.Core, SiloRole.Edge, SiloRole.Edge, SiloRole.Core, SiloRole.All]);
        await WaitUntilRolesAreKnownAsync(cluster);
        return cluster;
    }

    private IEnumerable<IGrainFactory> Callers() =>
        [_cluster.Client, .. _cluster.Orleans.Silos.Select(silo => silo.ServiceProvider.GetRequiredService<IGrainFactory>())];

    private static async Task<SiloAddress[]> PlacesAsync(IGrainFactory grains, string type, int firstKey)
    {
        var probes = Enumerable.Range(firstKey, Probes)
            .Select(key => grains.GetGrain<IRoleProbe>(GrainId.Create(GrainType.Create(type), GrainIdKeyExtensions.CreateIntegerKey(key))).WhereAsync());
        return await Task.WhenAll(probes).WaitAsync(TimeSpan.FromSeconds(30), Token);
    }

    /// <summary>Each silo learns of the roles of the others by calls of its own, soon after they have joined.</summary>
    private static async Task WaitUntilRolesAreKnownAsync(TestCluster cluster)
    {
        using var giveUp = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var key = 1_000_000;
        foreach (var silo in cluster.Orleans.Silos)
        {
            var grains = silo.ServiceProvider.GetRequiredService<IGrainFactory>();
            foreach (var type in new[] { "test.core-probe", "test.edge-probe" })
            {
                while (!await TryPlaceAsync(grains, type, key++))
                {
                    giveUp.Token.ThrowIfCancellationRequested();
                }
            }
        }
    }

    private static async Task<bool> TryPlaceAsync(IGrainFactory grains, string type, int key)
    {
        try
        {
            await grains.GetGrain<IRoleProbe>(GrainId.Create(GrainType.Create(type), GrainIdKeyExtensions.CreateIntegerKey(key))).WhereAsync();
            return true;
        }
        catch (OrleansException failure) when (failure.Message.Contains("No active silo with role", StringComparison.Ordinal))
        {
            return false;
        }
    }

    /// <summary>One core and two edges for the tests that kill none; each test has grains of its own.</summary>
    public sealed class Three : IAsyncLifetime
    {
        public TestCluster Cluster { get; private set; } = null!;

        public async ValueTask InitializeAsync() => Cluster = await StartAsync();

        public ValueTask DisposeAsync() => Cluster.DisposeAsync();
    }
}
