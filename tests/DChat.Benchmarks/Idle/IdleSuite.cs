using DChat.Benchmarks.Backbone;
using DChat.Benchmarks.Gateway;
using DChat.Libp2p.Addresses;
using DChat.Libp2p.Host;
using DChat.Testing;
using DChat.Testing.Processes;

namespace DChat.Benchmarks.Idle;

/// <summary>
/// What silos cost when nobody writes: every shard holds a message, a peer at each edge wants every shard, and then nothing
/// happens. Silos are processes of their own; the peers are in this one and not counted.
/// </summary>
internal static class IdleSuite
{
    /// <summary>Compilation and the garbage of the start are over by then.</summary>
    private static readonly TimeSpan SettleTime = TimeSpan.FromSeconds(45);

    private static readonly TimeSpan Period = TimeSpan.FromSeconds(60);

    public static async Task RunAsync(BenchmarkReport report)
    {
        await ReportNodeAsync(report);
        await ReportClusterAsync(report);
    }

    private static async Task ReportNodeAsync(BenchmarkReport report)
    {
        using var folder = new TemporaryFolder();
        await using var node = await SiloProcess.StartAsync(
            new SiloSettings(BuiltProgram.PathOf("DChat.Silo"), folder["data"]) { Arguments = ["--network", Corpus.Network] },
            CancellationToken.None);
        await ReportAsync(report, "idle-processor", "< 2", [node], [node.Libp2pAddress()]);
    }

    private static async Task ReportClusterAsync(BenchmarkReport report)
    {
        await using var cluster = await MachineCluster.StartAsync(["--network", Corpus.Network], CancellationToken.None);
        var edges = new[] { cluster.Primary.Libp2pAddress(), cluster.Edge.Libp2pAddress() };
        await ReportAsync(report, "idle-processor-three-silos", "< 6", [cluster.Primary, cluster.Core, cluster.Edge], edges);
    }

    private static async Task ReportAsync(
        BenchmarkReport report, string name, string goal, SiloProcess[] silos, Multiaddr[] edges)
    {
        await using var audience = await Audience.JoinAsync(edges, perEdge: 1);
        await PushToEveryShardAsync(edges[0]);
        await Task.Delay(SettleTime);
        var meter = ProcessorMeter.Of([.. silos.Select(silo => silo.Process.Id)]);
        await Task.Delay(Period);
        report.Add(name, 100 * meter.Used / Period, "% of a core", goal);
    }

    private static async Task PushToEveryShardAsync(Multiaddr edge)
    {
        await using var host = new Libp2pHost(new Libp2pOptions());
        var pusher = (await Pusher.OpenAsync(host, edge, streams: 1))[0];
        foreach (var batch in Corpus.Create(1 << Corpus.ShardBits, batchSize: 1).Batches)
        {
            await pusher.SendAsync([.. batch.Envelopes.Envelopes]);
        }

        await pusher.FinishAsync();
    }
}
