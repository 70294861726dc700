using System.Globalization;
using DChat.Testing;
using DChat.Testing.Processes;

namespace DChat.EndToEnd.Tests.Clusters;

/// <summary>A core and two edges, each in a process of its own, as an operator and the command line see them.</summary>
[Collection(nameof(RunningCluster))]
public sealed class RolesTests(RunningCluster running) : IDisposable
{
    private const int CannotStart = 3;

    private static readonly string Cli = BuiltProgram.PathOf("DChat.Cli");

    private readonly TemporaryFolder _homes = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private MachineCluster Cluster => running.Cluster;

    public void Dispose() => _homes.Dispose();

    [Fact]
    public async Task What_is_sent_through_one_edge_is_shown_at_the_other_also_after_the_core_was_killed()
    {
        var topic = $"topic-{Guid.NewGuid():N}";
        await using var tail = Start(Cluster.Edge, "bob", "--json", "tail", topic);
        await tail.WaitForLineAsync(line => line.Contains("\"type\":\"tail\"", StringComparison.Ordinal), Cancel);

        await SendAsync(topic, "before");
        await tail.WaitForLineAsync(line => line.Contains("\"text\":\"before\"", StringComparison.Ordinal), Cancel);
        await Cluster.Core.KillAsync(Cancel);
        await Cluster.Core.RestartAsync(Cancel);
        await SendAsync(topic, "after");
        await tail.WaitForLineAsync(line => line.Contains("\"text\":\"after\"", StringComparison.Ordinal), Cancel);

        Assert.Equal(2, tail.Output.Count(line => line.Contains("\"type\":\"message\"", StringComparison.Ordinal)));
        await tail.SignalAsync("INT", Cancel);
        Assert.Equal(0, await tail.WaitForExitAsync(Cancel));
    }

    [Fact]
    public async Task An_edge_is_ready_without_a_log_and_speaks_for_the_operators_relay()
    {
        var edge = await ReadyAsync(Cluster.Edge);
        var core = await ReadyAsync(Cluster.Core);

        Assert.Equal("""{"status":"ok","checks":{"silo":"ok","core":"ok","libp2p":"ok","state":"ok"}}""", edge);
        Assert.Equal("""{"status":"ok","checks":{"silo":"ok","log":"ok","state":"ok"}}""", core);
        Assert.Equal(RelayLine(Cluster.Primary), RelayLine(Cluster.Edge));
        Assert.Null(RelayLine(Cluster.Core));
        Assert.Contains(
            string.Create(CultureInfo.InvariantCulture, $"  silo     edge-2 (role edge) on 127.0.0.1:{Cluster.Edge.Settings.SiloPort}"),
            Cluster.Edge.Process.Output);
        Assert.Contains(
            string.Create(CultureInfo.InvariantCulture, $"  primary  127.0.0.1:{Cluster.Primary.Settings.SiloPort}"),
            Cluster.Edge.Process.Output);
    }

    [Fact]
    public async Task A_second_core_on_the_same_data_is_turned_away() =>
        await AssertTurnedAwayAsync(Cluster.Member(["--role", "core", "--name", "core-2"]), "log-locked: ");

    [Fact]
    public async Task A_second_edge_of_the_same_name_is_turned_away_with_the_option_that_helps() =>
        await AssertTurnedAwayAsync(Cluster.Member(["--role", "edge", "--name", "edge-2"]), "gateway-locked: ", "--name", "edge-2");

    [Fact]
    public async Task A_key_that_others_may_read_stops_the_start_with_the_cure()
    {
        using var data = new TemporaryFolder();
        var key = Path.Combine(data.Path, "relay.key");
        await File.WriteAllTextAsync(key, "anything", Cancel);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(key, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead);
        }

        await AssertTurnedAwayAsync(
            Cluster.Member(["--role", "edge", "--name", "edge-3"]) with { DataDirectory = data.Path }, "key-permissions: ", "chmod 600", key);
    }

    private static async Task AssertTurnedAwayAsync(SiloSettings settings, string code, params string[] parts)
    {
        await using var process = settings.Start();

        Assert.Equal(CannotStart, await process.WaitForExitAsync(Cancel));

        var line = Assert.Single(process.Errors);
        Assert.StartsWith($"dchat-silo: {code}", line, StringComparison.Ordinal);
        Assert.All(parts, part => Assert.Contains(part, line, StringComparison.Ordinal));
    }

    private static async Task<string> ReadyAsync(SiloProcess silo)
    {
        using var http = new HttpClient { BaseAddress = silo.Settings.AdminAddress };
        return await http.GetStringAsync("/health/ready", Cancel);
    }

    private static string? RelayLine(SiloProcess silo) =>
        silo.Process.Output.SingleOrDefault(line => line.StartsWith("  relay    ", StringComparison.Ordinal));

    private async Task SendAsync(string topic, string text)
    {
        await using var send = Start(Cluster.Primary, "alice", "send", topic, text);
        var exitCode = await send.WaitForExitAsync(Cancel);
        Assert.True(exitCode == 0, send.Describe($"ended with {exitCode}"));
    }

    private ChildProcess Start(SiloProcess silo, string home, params string[] arguments) => ChildProcess.Start(
        Cli,
        [
            "--silo", string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{silo.Settings.ClientPort}"),
            "--home", _homes[home],
            .. arguments,
        ]);
}
