using System.Diagnostics;
using System.Globalization;
using DChat.Abstractions.Grains;
using DChat.Abstractions.Messages;
using DChat.Core.Clocks;
using DChat.Core.Envelopes;
using DChat.Core.Identity;
using DChat.Core.Sealing;
using DChat.Core.Topics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;

namespace DChat.Benchmarks.Backbone;

/// <summary>From the start of the silo's process until its first message is durable, as an outside client sees it.</summary>
internal static class StartupFigures
{
    private const string Network = "dchat-dev";
    private const int ShardBits = 4;

    // What the build of the benchmarks publishes: artifacts/publish/DChat.Silo/benchmarks.
    private static readonly string Published =
        Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "../../../publish/DChat.Silo/benchmarks/DChat.Silo.dll"));

    public static async Task ReportAsync(BenchmarkReport report, string root)
    {
        var cold = await MeasureAsync(Path.Combine(root, "startup"));
        var again = await MeasureAsync(Path.Combine(root, "startup"));
        report.Add("startup", Math.Max(cold, again), "s", "< 2.5");
    }

    private static async Task<double> MeasureAsync(string directory)
    {
        var (siloPort, clientPort, http) = (BenchmarkSilo.FreePort(), BenchmarkSilo.FreePort(), BenchmarkSilo.FreePort());
        using var client = Client(clientPort);
        var envelope = Seal();
        var started = Stopwatch.GetTimestamp();
        using var silo = Process.Start(new ProcessStartInfo(
            "dotnet",
            [
                Published,
                "--data", directory,
                "--silo-port", Text(siloPort),
                "--client-port", Text(clientPort),
                "--http", $"127.0.0.1:{http}",
            ])
        { RedirectStandardOutput = true })!;
        _ = silo.StandardOutput.ReadToEndAsync();
        try
        {
            await client.StartAsync();
            var grain = client.Services.GetRequiredService<IClusterClient>().GetGrain<IAdmissionGrain>(0);
            var reply = await grain.PublishAsync(new PublishRequest(envelope.Shard, envelope.Batch));
            var elapsed = Stopwatch.GetElapsedTime(started).TotalSeconds;
            await client.StopAsync();
            return reply.Results[0].IsAccepted
                ? elapsed
                : throw new InvalidOperationException($"The first message was rejected: {reply.Results[0].Rejection.ToCode()}.");
        }
        finally
        {
            silo.Kill();
            await silo.WaitForExitAsync();
        }
    }

    private static IHost Client(int clientPort)
    {
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Logging.SetMinimumLevel(LogLevel.None);
        builder.UseOrleansClient(client => client
            .UseLocalhostClustering(clientPort, serviceId: "dchat", clusterId: "dchat")
            .Configure<GatewayOptions>(options => options.GatewayListRefreshPeriod = TimeSpan.FromSeconds(1))
            .UseConnectionRetryFilter(async (_, cancellationToken) =>
            {
                await Task.Delay(TimeSpan.FromMilliseconds(20), cancellationToken);
                return true;
            }));
        return builder.Build();
    }

    private static (ShardId Shard, EnvelopeBatch Batch) Seal()
    {
        var topic = Topic.Public(Network, "startup");
        using var device = DeviceSecret.Generate();
        using var sealer = new EnvelopeSealer(device, topic);
        var hlc = new HybridLogicalClock(TimeProvider.System).Next();
        var envelope = sealer.Seal(1, hlc, RetentionClass.OneDay, DateTimeOffset.UtcNow, "first"u8);
        return (topic.Tag.ShardOf(ShardBits), EnvelopeBatch.Pack([envelope]));
    }

    private static string Text(int port) => port.ToString(CultureInfo.InvariantCulture);
}
