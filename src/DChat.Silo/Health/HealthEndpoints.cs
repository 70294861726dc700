using DChat.Abstractions.Placement;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Orleans.Serialization.Configuration;

namespace DChat.Silo.Health;

/// <summary>
/// <c>/health/live</c>: the process answers. <c>/health/ready</c>: it can take messages; 503 with the reasons when it cannot.
/// </summary>
internal static class HealthEndpoints
{
    public static void AddSiloHealth(this IServiceCollection services, SiloRole role, bool hasTls)
    {
        var checks = services.AddHealthChecks().AddCheck<SiloHealthCheck>("silo");
        if (role.IncludesCore())
        {
            checks.AddCheck<LogHealthCheck>("log");
        }
        else
        {
            checks.AddCheck<CoreHealthCheck>("core");
        }

        if (role.IncludesEdge())
        {
            checks.AddCheck<GatewayHealthCheck>("libp2p");
        }

        checks.AddCheck<StateHealthCheck>("state");
        if (hasTls)
        {
            checks.AddCheck<TlsHealthCheck>("tls");
        }

        // Reading the record back, at the second check or after a restart, needs the type's name to be trusted.
        services.Configure<TypeManifestOptions>(options => options.AddAllowedType(typeof(HealthState)));
    }

    public static void MapSiloHealth(this WebApplication app)
    {
        app.MapHealthChecks("/health/live", new HealthCheckOptions { Predicate = _ => false, ResponseWriter = WriteAsync });
        app.MapHealthChecks("/health/ready", new HealthCheckOptions { ResponseWriter = WriteAsync });
    }

    /// <summary><c>{"status":"unhealthy","checks":{"log":"the reason","silo":"ok","state":"ok"}}</c>.</summary>
    private static Task WriteAsync(HttpContext context, HealthReport report) =>
        context.Response.WriteAsJsonAsync(new
        {
            status = Text(report.Status),
            checks = report.Entries.ToDictionary(entry => entry.Key, entry => entry.Value.Description ?? Text(entry.Value.Status)),
        });

    private static string Text(HealthStatus status) => status switch
    {
        HealthStatus.Healthy => "ok",
        HealthStatus.Degraded => "degraded",
        _ => "failed",
    };
}
