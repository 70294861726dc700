using DChat.Core.Shards;
using DChat.Testing.Gateways;

namespace DChat.Gateway.Tests;

/// <summary>One gateway for all tests of a class. Each test has peers and topics of its own, and leaves the storage working.</summary>
public sealed class RunningGateway : IAsyncLifetime
{
    public GatewayCluster Cluster { get; private set; } = null!;

    /// <summary>Ends what a test made of the storage.</summary>
    public void RepairStorage() => Cluster.Cluster.Log.BeforeCommit = (_, _) => Task.FromResult(AppendOutcome.Durable);

    public async ValueTask InitializeAsync() => Cluster = await GatewayCluster.StartAsync();

    public ValueTask DisposeAsync() => Cluster.DisposeAsync();
}
