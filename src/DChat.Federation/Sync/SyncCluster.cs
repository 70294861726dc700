using DChat.Abstractions.Grains;
using DChat.Abstractions.Messages;
using DChat.Core.Topics;
using Microsoft.Extensions.Options;

namespace DChat.Federation.Sync;

/// <summary>Calls the shards of the cluster, and does not wait for a silo that has gone.</summary>
internal sealed class SyncCluster(IGrainFactory grains, IOptions<NetworkOptions> network, TimeProvider time)
{
    /// <summary>The network.</summary>
    public NetworkOptions Network => network.Value;

    /// <summary>A shard.</summary>
    public ISyncShardGrain Shard(ShardId shard) => grains.GetGrain<ISyncShardGrain>(GrainKeys.Shard(network.Value.Network, shard));

    /// <summary>Opens a session.</summary>
    /// <exception cref="Core.DChatException">The shard cannot be reached (<c>silo-unavailable</c>, transient), or refuses.</exception>
    public Task<SyncOpening> OpenAsync(ShardId shard, SyncRange range, SetSummary? theirs, bool isStranger, CancellationToken cancellationToken) =>
        CallAsync(() => Shard(shard).OpenSyncAsync(range, theirs, isStranger), cancellationToken);

    /// <summary>Makes a call.</summary>
    /// <exception cref="Core.DChatException">The cluster does not carry it (<c>silo-unavailable</c>, transient), or the grain threw.</exception>
    public Task<T> CallAsync<T>(Func<Task<T>> call, CancellationToken cancellationToken) =>
        GrainFaults.TranslateAsync(() => call().WaitAsync(SyncLimits.CallTimeout, time, cancellationToken));
}
