using System.Diagnostics;
using DChat.Core.Topics;
using DChat.Testing.Gateways;
using DChat.Testing.Processes;

namespace DChat.Benchmarks.Storage;

/// <summary>
/// Two cores and two edges on the log in Azure Storage (Azurite): how long pushes wait when a core is killed, and when all silos are
/// restarted one after the other. A device on each shard pushes one message after the other.
/// </summary>
internal static class ClusterFigures
{
    private const string Network = "dchat-dev";
    private const int ShardBits = 4;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    public static async Task ReportAsync(BenchmarkReport report, int rounds)
    {
        await using var cluster = await AzureCluster.StartAsync(cores: 2, edges: 2, MachineCluster.WithoutQuotas, CancellationToken.None);
        await using var devices = new RoamingPeers(cluster.Gateways);
        devices.Start(TopicOfEachShard(), CancellationToken.None);
        await WarmUpAsync(devices);

        var failovers = new double[rounds];
        for (var round = 0; round < rounds; round++)
        {
            var core = cluster.Cores[round % cluster.Cores.Count];
            failovers[round] = await LongestWaitAsync(devices, async () =>
            {
                await core.KillAsync(CancellationToken.None);
                await UntilAllPushAsync(devices);
            });
            await core.RestartAsync(CancellationToken.None);
            await WarmUpAsync(devices);
        }

        report.Add("shard-failover", Quantiles.Median(failovers) / 1_000, "s", "< 5");
        report.Add("shard-failover-worst", failovers.Max() / 1_000, "s");

        var gaps = new double[rounds];
        for (var round = 0; round < rounds; round++)
        {
            gaps[round] = await LongestWaitAsync(devices, async () =>
            {
                foreach (var silo in cluster.Silos)
                {
                    await silo.StopAsync(CancellationToken.None);
                    await silo.RestartAsync(CancellationToken.None);
                    await UntilAllPushAsync(devices);
                }
            });
        }

        report.Add("rolling-restart-gap", Quantiles.Median(gaps), "ms");
        report.Add("rolling-restart-gap-worst", gaps.Max(), "ms");
        report.Add("rolling-restart-refusals", devices.Refusals.Count, "pushes");
        await devices.StopAsync(Patience, CancellationToken.None);
    }

    private static IEnumerable<Topic> TopicOfEachShard() => Enumerable.Range(0, int.MaxValue)
        .Select(number => Topic.Public(Network, $"topic-{number}")).DistinctBy(topic => topic.Tag.ShardOf(ShardBits)).Take(1 << ShardBits);

    private static async Task<double> LongestWaitAsync(RoamingPeers devices, Func<Task> disturb)
    {
        devices.TakeLongestWait();
        await disturb();
        return devices.TakeLongestWait().TotalMilliseconds;
    }

    // Shards settle on the silo that has just come, and what it runs is compiled.
    private static async Task WarmUpAsync(RoamingPeers devices)
    {
        var started = Stopwatch.GetTimestamp();
        do
        {
            await UntilAllPushAsync(devices);
        }
        while (Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(5));
    }

    private static Task UntilAllPushAsync(RoamingPeers devices) => devices.UntilEachHasAcceptedAsync(messages: 2, Patience, CancellationToken.None);
}
