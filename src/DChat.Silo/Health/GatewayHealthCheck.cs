using DChat.Gateway.Hosting;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace DChat.Silo.Health;

/// <summary>The edge takes chat peers.</summary>
internal sealed class GatewayHealthCheck(GatewayService gateway) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(gateway.Addresses.Count > 0 ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy("it does not listen for peers"));
}
