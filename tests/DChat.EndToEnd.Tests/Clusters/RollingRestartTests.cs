using DChat.Core.Topics;
using DChat.EndToEnd.Tests.Crash;
using DChat.Testing.Gateways;
using DChat.Testing.Processes;

namespace DChat.EndToEnd.Tests.Clusters;

/// <summary>Every silo of a cluster is stopped and started again, one after the other, as an operator brings in a new version.</summary>
public sealed class RollingRestartTests(ITestOutputHelper output)
{
    private const int Devices = 16;
    private const int MessagesBetweenRestarts = 500;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>
    /// No push is refused: a core that leaves hands its shards over while gateways wait, and an edge answers what it has read before it
    /// goes. No subscriber misses a position or sees one twice, and what was acknowledged is there.
    /// </summary>
    [Fact]
    public async Task A_rolling_restart_refuses_no_push_loses_no_acknowledgement_and_leaves_subscribers_no_gap()
    {
        await using var cluster = await AzureCluster.StartAsync(cores: 2, edges: 2, MachineCluster.WithoutQuotas, Cancel);
        await using var devices = new RoamingPeers(cluster.Gateways);
        try
        {
            await CrashRun.RunAsync(
                cluster.Configure,
                DisturbAsync,
                () => devices.Accepted.Select(message => (message.Key, message.Value.Accepted.Sequence, message.Value.Accepted.TopicSequence)),
                output,
                Cancel);
        }
        catch
        {
            output.WriteLine(cluster.Describe());
            throw;
        }

        Assert.Empty(devices.Refusals);

        async Task DisturbAsync(Workload workload)
        {
            devices.Start(Enumerable.Range(0, Devices).Select(number => Topic.Public("dchat-dev", $"device-{number}")), Cancel);
            await workload.WaitForMoreAsync(MessagesBetweenRestarts, Cancel);
            foreach (var silo in cluster.Silos)
            {
                devices.TakeLongestWait();
                var exitCode = await silo.StopAsync(Cancel);
                Assert.True(exitCode == 0, silo.Process.Describe($"ended with {exitCode}"));
                await silo.RestartAsync(Cancel);
                await workload.WaitForMoreAsync(MessagesBetweenRestarts, Cancel);
                output.WriteLine($"{silo.Settings.Arguments[^1]}: no push waited longer than {devices.TakeLongestWait().TotalMilliseconds:F0} ms");
            }

            await devices.StopAsync(ChildProcess.Patience, Cancel);
            output.WriteLine($"{devices.Accepted.Count} pushed, {devices.Moves} moves to another gateway");
        }
    }
}
