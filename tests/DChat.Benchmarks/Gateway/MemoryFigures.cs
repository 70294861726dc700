using System.Diagnostics;
using DChat.Benchmarks.Backbone;
using DChat.Testing.Processes;

namespace DChat.Benchmarks.Gateway;

/// <summary>
/// What an edge's resident memory grows by when peers connect and subscribe to every shard, and then do nothing. The
/// garbage of their handshakes is in it as far as the edge has not collected it; a small youngest generation, and idle
/// time in which its own housekeeping fills it, keep that small.
/// </summary>
internal static class MemoryFigures
{
    private const int Peers = 400;
    private const int WarmUpPeers = 20;

    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(15);

    // In hexadecimal: 1 MiB.
    private static readonly Dictionary<string, string?> SmallYoungGeneration = new() { ["DOTNET_GCgen0size"] = "100000" };

    public static async Task ReportAsync(BenchmarkReport report)
    {
        await using var cluster = await MachineCluster.StartAsync(
            ["--network", Corpus.Network, "--DChat:Libp2p:MaxConnectionsPerIp=1024"], CancellationToken.None, SmallYoungGeneration);
        var edge = cluster.Edge.Libp2pAddress();

        // Code that runs for the first time is compiled, and streams of shards are followed.
        await using (await Audience.JoinAsync([edge], WarmUpPeers))
        {
            await Task.Delay(Idle);
        }

        await Task.Delay(Idle);
        var before = ResidentBytes(cluster.Edge);
        await using var audience = await Audience.JoinAsync([edge], Peers);
        await Task.Delay(Idle);
        report.Add("memory-per-peer", (ResidentBytes(cluster.Edge) - before) / 1024d / Peers, "KiB");
    }

    private static long ResidentBytes(SiloProcess silo)
    {
        using var process = Process.GetProcessById(silo.Process.Id);
        return process.WorkingSet64;
    }
}
