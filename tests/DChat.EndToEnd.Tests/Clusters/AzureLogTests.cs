using System.Diagnostics;
using System.Text;
using Azure.Storage.Blobs;
using DChat.Abstractions.Grains;
using DChat.Core.Topics;
using DChat.EndToEnd.Tests.Crash;
using DChat.Testing;
using DChat.Testing.Backends;
using DChat.Testing.Processes;

namespace DChat.EndToEnd.Tests.Clusters;

/// <summary>A cluster with two cores, which keep the messages in Azure Storage, as the README starts it.</summary>
public sealed class AzureLogTests(ITestOutputHelper output)
{
    private const int DefaultRounds = 2;
    private const int MaxAcknowledgedPerRound = 1_000;

    private static readonly string[] Arguments = [.. MachineCluster.WithoutQuotas, "--DChat:Epochs:Length=00:00:02", "--DChat:Epochs:Grace=00:00:00"];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary><c>DCHAT_KILL_ROUNDS</c> and <c>DCHAT_KILL_SEED</c> as for the single silo.</summary>
    [Fact]
    public async Task When_one_of_two_cores_is_killed_the_other_takes_its_shards_over_and_nothing_acknowledged_is_lost()
    {
        var rounds = KillKnobs.Rounds ?? DefaultRounds;
        var random = KillKnobs.Random(rounds, output);
        await using var cluster = await AzureCluster.StartAsync(cores: 2, edges: 1, Arguments, Cancel);
        var (cores, edge) = (cluster.Cores, cluster.Edges[0]);
        Assert.All(cores, core => Assert.Contains("  log      in Azure", core.Process.Output));

        await CrashRun.RunAsync(edge.Settings, edge.Settings, DisturbAsync, output, Cancel);
        await AssertSealedAsync(cluster.ConnectionString);

        async Task DisturbAsync(Workload workload)
        {
            for (var round = 0; round < rounds; round++)
            {
                await workload.WaitForMoreAsync(random.Next(1, MaxAcknowledgedPerRound + 1), Cancel);
                var core = cores[round % cores.Count];
                var shards = await CountShardsAsync(edge.Settings, core.Settings.SiloPort);
                Assert.True(shards > 0, "The core that is to be killed has no shards.");
                var killed = Stopwatch.GetTimestamp();
                await core.KillAsync(Cancel);
                await workload.WaitForEveryTopicAsync(Cancel);
                var gap = Stopwatch.GetElapsedTime(killed);
                output.WriteLine($"round {round + 1}: every shard has accepted {gap.TotalSeconds:F2} s after the kill of the core that had {shards} of them");
                await core.RestartAsync(Cancel);
            }
        }
    }

    [Fact]
    public async Task A_core_that_starts_again_elsewhere_has_the_messages()
    {
        using var folder = new TemporaryFolder();
        await using var azurite = await Azurite.StartAsync(directory: null, Cancel);
        var topic = Topic.Public("dchat-dev", "general");
        foreach (var text in new[] { "before", "after" })
        {
            // A data directory of its own: nothing that matters is in it.
            var settings = AzureCluster.Member(azurite.ConnectionString, folder[text], [.. Arguments, "--role", "all"]);
            await using var silo = await SiloProcess.StartAsync(settings, Cancel);
            await using var client = await ExternalClient.ConnectAsync(settings, configure: null, Cancel);
            await client.DChat.PublishAsync(topic, Encoding.UTF8.GetBytes(text), cancellationToken: Cancel);
            var page = await client.DChat.FetchAsync(topic, cancellationToken: Cancel);
            Assert.Equal(text == "before" ? ["before"] : ["before", "after"], page.Messages.Select(message => Encoding.UTF8.GetString(message.Content.Span)));
            Assert.Empty(Directory.GetFiles(folder[text], "log.json"));
            Assert.Equal(0, await silo.StopAsync(Cancel));
        }
    }

    private static async Task<int> CountShardsAsync(SiloSettings gateway, int siloPort)
    {
        await using var client = await ExternalClient.ConnectAsync(gateway, configure: null, Cancel);
        var network = await client.DChat.DescribeNetworkAsync(Cancel);
        var management = client.Orleans.GetGrain<IManagementGrain>(0);
        var places = await Task.WhenAll(Enumerable.Range(0, 1 << network.ShardBits).Select(shard => management
            .GetActivationAddress(client.Orleans.GetGrain<ISyncShardGrain>(GrainKeys.Shard(network.Network, new ShardId((ushort)shard)))).AsTask()));
        return places.Count(place => place?.Endpoint.Port == siloPort);
    }

    // Of shards that have moved, what the first writer had in the log is sealed and deleted.
    private async Task AssertSealedAsync(string connection)
    {
        List<string> names = [];
        await foreach (var blob in new BlobContainerClient(connection, "dchat-log").GetBlobsAsync(cancellationToken: Cancel))
        {
            names.Add(blob.Name);
        }

        var segments = names.Count(name => name.EndsWith(".seg", StringComparison.Ordinal));
        var first = names.Count(name => name.EndsWith("/0000000001-000000.log", StringComparison.Ordinal));
        var logs = names.Where(name => name.EndsWith(".log", StringComparison.Ordinal)).ToList();
        output.WriteLine($"{segments} segments; {logs.Count} blobs of the log, {first} of them of a first writer");
        Assert.True(segments > 0);
        Assert.True(first < logs.Select(name => name.Split('/')[0]).Distinct().Count());
    }
}
