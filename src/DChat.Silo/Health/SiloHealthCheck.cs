using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace DChat.Silo.Health;

/// <summary>The silo is an active member of its cluster and is not draining.</summary>
internal sealed class SiloHealthCheck(IClusterMembershipService membership, ILocalSiloDetails silo, IHostApplicationLifetime lifetime) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var status = membership.CurrentSnapshot.GetSiloStatus(silo.SiloAddress);
        return Task.FromResult(
            lifetime.ApplicationStopping.IsCancellationRequested ? HealthCheckResult.Unhealthy("draining")
            : status != SiloStatus.Active ? HealthCheckResult.Unhealthy($"the silo is {status}")
            : HealthCheckResult.Healthy());
    }
}
