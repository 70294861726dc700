using DChat.Abstractions.Grains;
using DChat.Core.Topics;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace DChat.Silo.Health;

/// <summary>A core of the cluster answers: without one, an edge can keep and serve nothing.</summary>
internal sealed class CoreHealthCheck(IGrainFactory grains, IOptions<NetworkOptions> network, TimeProvider time) : IHealthCheck
{
    /// <summary>How long the core may take. It answers from memory; opening its first shard takes no longer either.</summary>
    internal static readonly TimeSpan Timeout = TimeSpan.FromSeconds(1);

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            // Any shard will do, and every network has this one.
            var shard = grains.GetGrain<ISyncShardGrain>(GrainKeys.Shard(network.Value.Network, new ShardId(0)));
            await shard.GetHeadAsync().WaitAsync(Timeout, time, cancellationToken);
            return HealthCheckResult.Healthy();
        }
        catch (TimeoutException)
        {
            return HealthCheckResult.Unhealthy($"no answer within {Timeout.TotalSeconds:0} s");
        }
        catch (Exception failure) when (GrainFaults.MayPass(failure) && !cancellationToken.IsCancellationRequested)
        {
            return HealthCheckResult.Unhealthy("none reachable");
        }
    }
}
