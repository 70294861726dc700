using DChat.Tls.Certificates;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace DChat.Silo.Health;

/// <summary>The certificate can be read and does not end soon. The silo works until it has ended, so it stays ready.</summary>
internal sealed class TlsHealthCheck(TlsSource source) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(source.Problem is { } problem ? HealthCheckResult.Degraded(problem) : HealthCheckResult.Healthy());
}
