using DChat.Testing.Clusters;
using Microsoft.Extensions.Time.Testing;

namespace DChat.Cluster.Tests;

/// <summary>One silo, shared by the tests of a class, whose grains tell time by a clock that the tests move.</summary>
public sealed class FakeTimeCluster : IAsyncLifetime
{
    private TestCluster? _cluster;

    public FakeTimeProvider Time { get; } = new();

    public TestCluster Cluster => _cluster!;

    public async ValueTask InitializeAsync() => _cluster = await TestCluster.StartAsync(time: Time);

    public ValueTask DisposeAsync() => Cluster.DisposeAsync();
}
