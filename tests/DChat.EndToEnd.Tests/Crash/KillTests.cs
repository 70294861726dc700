using DChat.EndToEnd.Tests.Silo;
using DChat.Testing;
using DChat.Testing.Processes;

namespace DChat.EndToEnd.Tests.Crash;

/// <summary>
/// A silo that dies, or is stopped, under load, and goes on with the same data; all the while its messages are sealed, and files of the log
/// that nobody needs any more are deleted.
/// </summary>
public sealed class KillTests(ITestOutputHelper output) : IDisposable
{
    private const int DefaultRounds = 10;
    private const int MaxAcknowledgedPerRound = 5_000;
    private const int OneRecoveryOfSoManyIsKilled = 4;

    private static readonly string[] ShortEpochs = ["--DChat:Epochs:Length=00:00:02", "--DChat:Epochs:Grace=00:00:00", "--DChat:Log:SegmentBytes=1048576"];

    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    /// <summary>
    /// <c>DCHAT_KILL_ROUNDS</c> sets the rounds; <c>DCHAT_KILL_SEED</c> repeats the moments of the kills, which are counted
    /// in acknowledged messages.
    /// </summary>
    [Fact]
    public async Task What_was_acknowledged_survives_kills_and_subscribers_see_every_position_once()
    {
        var rounds = KillKnobs.Rounds ?? DefaultRounds;
        var random = KillKnobs.Random(rounds, output);

        await RunAsync(async (silo, workload) =>
        {
            for (var round = 1; round <= rounds; round++)
            {
                await workload.WaitForMoreAsync(random.Next(1, MaxAcknowledgedPerRound + 1), Cancel);
                await silo.KillAsync(Cancel);
                if (random.Next(OneRecoveryOfSoManyIsKilled) == 0)
                {
                    await KillWhileRecoveringAsync(silo.Settings);
                }

                await silo.RestartAsync(Cancel);
            }
        });
    }

    [Fact]
    public async Task A_silo_that_is_stopped_under_load_ends_cleanly_and_recovers_nothing_on_its_next_start() =>
        await RunAsync(async (silo, workload) =>
        {
            await workload.WaitForMoreAsync(MaxAcknowledgedPerRound, Cancel);
            var exitCode = await silo.StopAsync(Cancel);
            Assert.True(exitCode == 0, silo.Process.Describe($"ended with {exitCode}"));
            Assert.Empty(silo.Process.Errors);

            await silo.RestartAsync(Cancel);
            Assert.Contains(
                silo.Process.Output, line => line.Contains(" messages, 0 bytes read beyond the index", StringComparison.Ordinal));
        });

    private async Task RunAsync(Func<SiloProcess, Workload, Task> disturb)
    {
        var settings = Silos.In(_folder["data"]) with { Arguments = [.. MachineCluster.WithoutQuotas, .. ShortEpochs] };
        await using var silo = await SiloProcess.StartAsync(settings, Cancel);
        try
        {
            await CrashRun.RunAsync(silo.Settings, silo.Settings, workload => disturb(silo, workload), output, Cancel);
            Assert.NotEmpty(Directory.EnumerateFiles(_folder["data/segments"], "*.seg", SearchOption.AllDirectories));
            Assert.False(File.Exists(_folder["data/wal/00000001.wal"]));
        }
        catch
        {
            output.WriteLine(silo.Process.Describe("was the last silo"));
            throw;
        }
    }

    private static async Task KillWhileRecoveringAsync(SiloSettings settings)
    {
        await using var process = settings.Start();
        await process.WaitForLineAsync(line => line.Contains("Opened log", StringComparison.Ordinal), Cancel);
        await process.KillAsync(Cancel);
    }
}
