using System.Reflection;
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
    private const string DChat = "DChat";

    /// <summary>The program's version.</summary>
    public static string Version { get; } =
        typeof(Telemetry).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;

    public static void AddTelemetry(this WebApplicationBuilder builder)
    {
        var telemetry = builder.Services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService("dchat-silo", serviceVersion: Version))
            .WithMetrics(metrics => metrics
                .AddMeter(DChat, "Microsoft.Orleans")
                .AddRuntimeInstrumentation()
                .AddPrometheusExporter());
        if (string.IsNullOrEmpty(builder.Configuration["OTEL_EXPORTER_OTLP_ENDPOINT"]))
        {
            // Without somebody who looks at them spans would only slow every grain call.
            return;
        }

        telemetry.UseOtlpExporter();
        telemetry.WithTracing(tracing => tracing.AddSource(
            DChat, "Microsoft.Orleans.Application", "Microsoft.Orleans.Runtime", "Microsoft.Orleans.Lifecycle", "Microsoft.Orleans.Storage"));
        builder.UseOrleansPropagation();
    }

    private static void UseOrleansPropagation(this WebApplicationBuilder builder) => builder.UseOrleans(silo => silo.AddActivityPropagation());
}
