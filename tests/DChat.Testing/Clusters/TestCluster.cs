using System.Globalization;
using DChat.Abstractions.Placement;
using DChat.Core.Shards;
using DChat.Core.Topics;
using DChat.Feeds.Hosting;
using DChat.Grains.Hosting;
using DChat.Storage.Log.Local;
using DChat.Storage.Segments;
using DChat.Testing.Log;
using DChat.Testing.Simulation;
using DChat.Testing.State;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Orleans.Runtime.Hosting;
using Orleans.TestingHost;

namespace DChat.Testing.Clusters;

/// <summary>Silos in one process over one <see cref="MemoryShardLog"/>, with an outside client.</summary>
public sealed class TestCluster : IAsyncDisposable
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(20);

    private readonly InProcessTestCluster _cluster;

    private TestCluster(InProcessTestCluster cluster, MemoryShardLog log, SimulatedDisk disk, LastingGrainStorage state)
    {
        State = state;
        _cluster = cluster;
        Log = log;
        Disk = disk;
    }

    public MemoryShardLog Log { get; }

    /// <summary>Grain state <c>dchat</c>.</summary>
    public LastingGrainStorage State { get; }

    public InProcessTestCluster Orleans => _cluster;

    /// <summary>The disk with the sealed segments.</summary>
    internal SimulatedDisk Disk { get; }

    public IClusterClient Client => _cluster.Client;

    /// <summary>The client that lives in the first silo's process.</summary>
    public IClusterClient SiloClient => _cluster.Silos[0].ServiceProvider.GetRequiredService<IClusterClient>();

    public static NetworkOptions Network { get; } = new() { Network = "dchat-test" };

    /// <param name="silos">How many silos to start.</param>
    /// <param name="configureSilo">Configures every silo.</param>
    /// <param name="configureClient">Configures the outside client.</param>
    /// <param name="roles">The roles of the silos in the order they start, later ones included; without it all are <see cref="SiloRole.All"/>.</param>
    /// <param name="time">The clock of every silo; without it the machine's. It runs until the cluster stands, and from then on only the test moves it.</param>
    public static async Task<TestCluster> StartAsync(
        short silos = 1,
        Action<ISiloBuilder>? configureSilo = null,
        Action<IClientBuilder>? configureClient = null,
        IReadOnlyList<SiloRole>? roles = null,
        FakeTimeProvider? time = null)
    {
        var log = new MemoryShardLog();
        var disk = new SimulatedDisk();
        ISegmentStore segments = new LocalSegmentStore(new LocalShardLogOptions { Network = Network.Network }, log.Id, disk);
        var state = new LastingGrainStorage();
        var builder = new InProcessTestClusterBuilder(silos);
        builder.ConfigureSilo((options, silo) =>
        {
            var role = roles?[NumberOf(options.SiloName)] ?? SiloRole.All;
            if (role.IncludesCore())
            {
                silo.Services.AddSingleton<IShardLog>(log);
                silo.Services.AddSingleton(segments);
            }

            silo.Services.Configure<NetworkOptions>(options => options.Network = Network.Network);
            silo.AddMemoryGrainStorage("PubSubStore");
            silo.Services.AddGrainStorage("dchat", (_, _) => state);
            silo.AddDChatGrains(role);
            if (time is not null)
            {
                silo.Services.AddSingleton<TimeProvider>(time);
            }

            configureSilo?.Invoke(silo);
        });
        builder.ConfigureClient(client =>
        {
            if (configureClient is null)
            {
                client.UseShardStreams();
            }

            configureClient?.Invoke(client);
        });
        var cluster = builder.Build();

        // Silos that start together ask each other again after a pause, which would never end while time stands still.
        using (time is null ? null : new Timer(_ => time.Advance(Tick), null, Tick, Tick))
        {
            await cluster.DeployAsync();
        }

        return new TestCluster(cluster, log, disk, state);
    }

    /// <summary>Whether the silo hosts the grain's activation.</summary>
    public bool Hosts(InProcessSiloHandle silo, IAddressable grain) =>
        _cluster.TryGetGrainContext(grain.GetGrainId(), out var context) && context.Address.SiloAddress == silo.SiloAddress;

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    // The kit calls its silos Silo_0, Silo_1 and so on.
    private static int NumberOf(string siloName) =>
        int.Parse(siloName.AsSpan(siloName.LastIndexOf('_') + 1), CultureInfo.InvariantCulture);
}
