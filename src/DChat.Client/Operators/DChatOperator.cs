using System.Runtime.CompilerServices;
using DChat.Abstractions.Grains;
using DChat.Abstractions.Messages;
using DChat.Abstractions.Streams;
using DChat.Client.Cluster;
using DChat.Client.Telemetry;
using DChat.Core.Topics;

namespace DChat.Client.Operators;

/// <summary>Asks the cluster about itself, and asks again while no silo answers.</summary>
internal sealed class DChatOperator(ICluster cluster, DChatClientOptions options, TimeProvider time) : IDChatOperator
{
    // A step reads a whole segment.
    private static readonly TimeSpan ScrubTimeout = TimeSpan.FromSeconds(30);

    private readonly RetryPolicy _scrub = new(time, ScrubTimeout, () => ClientInstruments.Retries.Add(1));
    private readonly RetryPolicy _retry = new(time, options.CallTimeout, () => ClientInstruments.Retries.Add(1));

    /// <inheritdoc/>
    public async Task<IReadOnlyList<GatewayDescription>> ListGatewaysAsync(CancellationToken cancellationToken)
    {
        var network = await _retry.RunAsync(cluster.DescribeAsync, options.RetryTimeout, cancellationToken).ConfigureAwait(false);
        return await _retry.RunAsync(
            () => cluster.ListGatewaysAsync(network.Network), options.RetryTimeout, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public Task<PeerSetReport?> DescribePeersAsync(string gateway, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(gateway);
        return _retry.RunAsync(() => cluster.DescribePeersAsync(gateway), options.RetryTimeout, cancellationToken);
    }

    /// <inheritdoc/>
    public Task<DhtDescription?> DescribeDhtAsync(string gateway, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(gateway);
        return _retry.RunAsync(() => cluster.DescribeDhtAsync(gateway), options.RetryTimeout, cancellationToken);
    }

    /// <inheritdoc/>
    public Task<DhtFinding?> FindPeerAsync(string gateway, string peerId, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(gateway);
        ArgumentException.ThrowIfNullOrEmpty(peerId);
        return _retry.RunAsync(() => cluster.FindPeerAsync(gateway, peerId), options.RetryTimeout, cancellationToken);
    }

    /// <inheritdoc/>
    public Task<CircuitDescription?> DescribeCircuitsAsync(string gateway, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(gateway);
        return _retry.RunAsync(() => cluster.DescribeCircuitsAsync(gateway), options.RetryTimeout, cancellationToken);
    }

    /// <inheritdoc/>
    public Task<CircuitRelayDescription?> ReserveCircuitAsync(string gateway, string relay, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(gateway);
        ArgumentException.ThrowIfNullOrEmpty(relay);
        return _retry.RunAsync(() => cluster.ReserveCircuitAsync(gateway, relay), options.RetryTimeout, cancellationToken);
    }

    /// <inheritdoc/>
    public Task<bool?> ReleaseCircuitAsync(string gateway, string peerId, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(gateway);
        ArgumentException.ThrowIfNullOrEmpty(peerId);
        return _retry.RunAsync(() => cluster.ReleaseCircuitAsync(gateway, peerId), options.RetryTimeout, cancellationToken);
    }

    /// <inheritdoc/>
    public Task<SyncDescription?> DescribeSyncAsync(string gateway, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(gateway);
        return _retry.RunAsync(() => cluster.DescribeSyncAsync(gateway), options.RetryTimeout, cancellationToken);
    }

    /// <inheritdoc/>
    public Task<SyncDescription?> BeginSyncAsync(string gateway, string? partner, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(gateway);
        return _retry.RunAsync(() => cluster.BeginSyncAsync(gateway, partner), options.RetryTimeout, cancellationToken);
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<(ShardId Shard, ScrubPage Page)> ScrubAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var network = await _retry.RunAsync(cluster.DescribeAsync, options.RetryTimeout, cancellationToken).ConfigureAwait(false);
        for (var shard = 0; shard < 1 << network.ShardBits; shard++)
        {
            var id = new ShardId((ushort)shard);
            for (var position = ScrubPosition.Start; position is not null;)
            {
                var at = position;
                var page = await _scrub.RunAsync(() => cluster.ScrubAsync(new ShardAddress(network.Network, network.ShardBits, id), at), options.RetryTimeout, cancellationToken).ConfigureAwait(false);
                yield return (id, page);
                position = page.Next;
            }
        }
    }
}
