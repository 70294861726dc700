using DChat.Core.Shards;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace DChat.Silo.Health;

/// <summary>The shard log takes appends.</summary>
internal sealed class LogHealthCheck(IShardLog log) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(log.Problem is { } problem ? HealthCheckResult.Unhealthy(problem) : HealthCheckResult.Healthy());
}
