using System.Reflection;
using DChat.Abstractions.Diagnostics;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;

namespace DChat.Silo.Hosting;

/// <summary>
/// Metrics at <c>/metrics</c>; metrics and traces by OTLP when <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> is set. Everything else
/// about the exporter and the sampling is set by the standard <c>OTEL_*</c> variables.
/// </summary>
internal static class Telemetry
{
    /// <summary>The program's version.</summary>
    public static string Version { get; } =
        typeof(Telemetry).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;

    // The library's meter and activity source; it stands alone and so has its own.
    private const string Libp2p = "DChat.Libp2p";

    public static void AddTelemetry(this WebApplicationBuilder builder)
    {
        var telemetry = builder.Services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService("dchat-silo", serviceVersion: Version))
            .WithMetrics(metrics => metrics
                .AddMeter(DChatTelemetry.Name, Libp2p, "Microsoft.Orleans")
                .AddRuntimeInstrumentation()
                .AddPrometheusExporter());
        if (IsExported(builder.Configuration))
        {
            telemetry.UseOtlpExporter().WithTracing(tracing => tracing.AddSource(
                DChatTelemetry.Name,
                Libp2p,
                "Microsoft.Orleans.Application",
                "Microsoft.Orleans.Runtime",
                "Microsoft.Orleans.Lifecycle",
                "Microsoft.Orleans.Storage"));
        }
    }

    /// <summary>Lets traces cross grain calls, if somebody looks at them: otherwise it would only slow every call.</summary>
    public static ISiloBuilder AddTracePropagation(this ISiloBuilder silo, IConfiguration configuration) =>
        IsExported(configuration) ? silo.AddActivityPropagation() : silo;

    private static bool IsExported(IConfiguration configuration) => !string.IsNullOrEmpty(configuration["OTEL_EXPORTER_OTLP_ENDPOINT"]);
}
