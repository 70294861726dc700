using DChat.Testing.Processes;

namespace DChat.EndToEnd.Tests.Clusters;

/// <summary>One cluster for all tests of a class; each leaves it whole.</summary>
public sealed class RunningCluster : IAsyncLifetime
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
