namespace DChat.Testing.Clusters;

/// <summary>One silo shared by the tests of a class; each test uses shards of its own.</summary>
public sealed class TestClusterFixture : IAsyncDisposable
{
    // xUnit awaits IAsyncLifetime of its own assembly only; this project does not reference it, so the cluster starts here.
    public TestCluster Cluster { get; } = Task.Run(() => TestCluster.StartAsync()).GetAwaiter().GetResult();

    public ValueTask DisposeAsync() => Cluster.DisposeAsync();
}
