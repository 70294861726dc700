using DChat.Testing.Processes;

namespace DChat.EndToEnd.Tests.Clusters;

/// <summary>One cluster for the tests of a collection; each leaves it whole.</summary>
[CollectionDefinition(nameof(RunningCluster))]
public sealed class RunningCluster : IAsyncLifetime, ICollectionFixture<RunningCluster>
{
    public MachineCluster Cluster { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Cluster = await MachineCluster.StartAsync([], TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        if (Cluster is not null)
        {
            await Cluster.DisposeAsync();
        }
    }
}
