using System.Globalization;
using DChat.Client;
using DChat.Core.Messages;
using DChat.Core.Sync;
using DChat.Core.Topics;
using DChat.EndToEnd.Tests.Silo;
using DChat.Testing;
using DChat.Testing.Processes;

namespace DChat.EndToEnd.Tests.Crash;

/// <summary>A silo that dies, or is stopped, under load, and goes on with the same data.</summary>
public sealed class KillTests(ITestOutputHelper output) : IDisposable
{
    private const int DefaultRounds = 20;
    private const int MaxAcknowledgedPerRound = 500;
    private const int OneRecoveryOfSoManyIsKilled = 4;
    private const int TopicsWatched = 4;

    // One device stands for many authors here.
    private static readonly string[] WithoutQuotas =
    [
        "--DChat:Admission:Author:TokensPerSecond=1000000",
        "--DChat:Admission:Author:Burst=10000000",
        "--DChat:Admission:Topic:TokensPerSecond=1000000",
        "--DChat:Admission:Topic:Burst=10000000",
        "--DChat:Admission:Source:TokensPerSecond=1000000",
        "--DChat:Admission:Source:Burst=10000000",
    ];

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
        var rounds = Knob("DCHAT_KILL_ROUNDS") ?? DefaultRounds;
        var seed = Knob("DCHAT_KILL_SEED") ?? Random.Shared.Next();
        output.WriteLine($"{rounds} rounds, DCHAT_KILL_SEED={seed}");
        var random = new Random(seed);

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

    /// <summary>Puts load and subscribers on a silo, lets <paramref name="disturb"/> do its worst, and checks what is left.</summary>
    private async Task RunAsync(Func<SiloProcess, Workload, Task> disturb)
    {
        await using var silo = await SiloProcess.StartAsync(Silos.In(_folder["data"]) with { Arguments = WithoutQuotas }, Cancel);
        await using var client = await ExternalClient.ConnectAsync(silo.Settings, BePatient, Cancel);
        var network = await client.DChat.DescribeNetworkAsync(Cancel);
        var workload = new Workload(client.DChat, network);
        var shards = Enumerable.Range(0, 1 << network.ShardBits).Select(shard => new ShardId((ushort)shard))
            .ToDictionary(shard => shard, shard => Witness.OfShard(client.DChat, shard));
        var topics = workload.Topics.Take(TopicsWatched).ToDictionary(topic => topic, topic => Witness.OfTopic(client.DChat, topic));

        workload.Start();
        try
        {
            await disturb(silo, workload);
        }
        catch
        {
            output.WriteLine(silo.Process.Describe("was the last silo"));
            throw;
        }

        await workload.WaitForMoreAsync(1, Cancel);
        await workload.StopAsync(Cancel);

        var audit = await LogAudit.ReadAsync(client, network);
        var retried = workload.Acknowledged.Count(message => message.Receipt.IsDuplicate);
        output.WriteLine($"{audit.Count} messages, {retried} acknowledged on a retry");
        audit.AssertDense();
        audit.AssertHoldsExactly(workload.Acknowledged);
        await LogAudit.AssertFetchedAsync(client.DChat, workload, Cancel);
        foreach (var (shard, witness) in shards)
        {
            await AssertSeenAsync(witness, audit.Of(shard));
        }

        foreach (var (topic, witness) in topics)
        {
            await AssertSeenAsync(witness, audit.Of(topic));
        }
    }

    private static int? Knob(string variable) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : null;

    private static void BePatient(DChatClientOptions options)
    {
        options.RetryTimeout = TimeSpan.FromHours(1);
        options.StreamSilence = TimeSpan.FromSeconds(1);
    }

    private static async Task KillWhileRecoveringAsync(SiloSettings settings)
    {
        await using var process = settings.Start();
        await process.WaitForLineAsync(line => line.Contains("Opened log", StringComparison.Ordinal), Cancel);
        await process.KillAsync(Cancel);
    }

    private static async Task AssertSeenAsync(Witness witness, IReadOnlyList<(LogPosition Position, MessageId Id)> expected) =>
        Assert.Equal(expected, await witness.FinishAsync(expected.Count == 0 ? 0 : expected[^1].Position.Sequence, Cancel));
}
