using System.Diagnostics;
using DChat.EndToEnd.Tests.Crash;
using DChat.Testing.Processes;

namespace DChat.EndToEnd.Tests.Clusters;

/// <summary>The core dies under load that comes through one edge, while subscribers stay on the other.</summary>
public sealed class CoreKillTests(ITestOutputHelper output)
{
    private const int DefaultRounds = 4;
    private const int MaxAcknowledgedPerRound = 3_000;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary><c>DCHAT_KILL_ROUNDS</c> and <c>DCHAT_KILL_SEED</c> as for the single silo.</summary>
    [Fact]
    public async Task What_was_acknowledged_survives_kills_of_the_core_and_subscribers_on_an_edge_see_every_position_once()
    {
        var rounds = KillKnobs.Rounds ?? DefaultRounds;
        var random = KillKnobs.Random(rounds, output);
        await using var cluster = await MachineCluster.StartAsync(MachineCluster.WithoutQuotas, Cancel);
        try
        {
            await CrashRun.RunAsync(cluster.Primary.Settings, cluster.Edge.Settings, DisturbAsync, output, Cancel);
        }
        catch
        {
            output.WriteLine(cluster.Describe());
            throw;
        }

        async Task DisturbAsync(Workload workload)
        {
            for (var round = 1; round <= rounds; round++)
            {
                await workload.WaitForMoreAsync(random.Next(1, MaxAcknowledgedPerRound + 1), Cancel);
                var killed = Stopwatch.GetTimestamp();
                await cluster.Core.KillAsync(Cancel);
                await cluster.Core.RestartAsync(Cancel);
                var ready = Stopwatch.GetElapsedTime(killed);
                await workload.WaitForMoreAsync(1, Cancel);
                output.WriteLine(
                    $"round {round}: ready again {ready.TotalSeconds:F2} s after the kill, the next acknowledgement after {Stopwatch.GetElapsedTime(killed).TotalSeconds:F2} s");
            }
        }
    }
}
