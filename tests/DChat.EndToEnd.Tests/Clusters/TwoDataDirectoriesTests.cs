using DChat.Client;
using DChat.Core.Topics;
using DChat.Testing;
using DChat.Testing.Processes;

namespace DChat.EndToEnd.Tests.Clusters;

/// <summary>A core that is started on the wrong data directory does not take part: what the cluster acknowledged stays readable.</summary>
[Collection(nameof(RunningCluster))]
public sealed class TwoDataDirectoriesTests(RunningCluster running) : IDisposable
{
    private const int CannotStart = 3;
    private const int Topics = 16;

    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_core_with_another_data_directory_is_turned_away_while_the_core_is_there_and_while_it_is_not()
    {
        var cluster = running.Cluster;
        await using var client = await ExternalClient.ConnectAsync(cluster.Primary.Settings, _ => { }, Cancel);
        var network = await client.DChat.DescribeNetworkAsync(Cancel);
        Topic[] topics = [.. Enumerable.Range(0, Topics).Select(i => Topic.Public(network.Network, $"topic-{i}"))];
        foreach (var topic in topics)
        {
            await client.DChat.PublishAsync(topic, "acknowledged", cancellationToken: Cancel);
        }

        await AssertTurnedAwayAsync(cluster, ["--role", "core"]);
        Assert.Equal(0, await cluster.Core.StopAsync(Cancel));
        await AssertTurnedAwayAsync(cluster, ["--role", "all", "--name", "other"]);
        await cluster.Core.RestartAsync(Cancel);

        foreach (var topic in topics)
        {
            var page = await client.DChat.FetchAsync(topic, cancellationToken: Cancel);
            Assert.Equal("acknowledged", Assert.Single(page.Messages).GetText());
        }
    }

    private async Task AssertTurnedAwayAsync(MachineCluster cluster, IReadOnlyList<string> arguments)
    {
        await using var process = (cluster.Member(arguments) with { DataDirectory = _folder["other"] }).Start();

        var exitCode = await process.WaitForExitAsync(Cancel);

        Assert.True(exitCode == CannotStart, process.Describe($"ended with {exitCode}"));
        var line = Assert.Single(process.Errors);
        Assert.StartsWith("dchat-silo: log-mismatch: The cluster keeps its messages in log ", line, StringComparison.Ordinal);
    }
}
