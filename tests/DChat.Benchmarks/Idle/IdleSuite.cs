using System.Globalization;
using DChat.Benchmarks.Backbone;
using DChat.Benchmarks.Gateway;
using DChat.Core.Envelopes;
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
    /// <summary>
    /// How long a silo is left alone first. The runtime compiles a method again when it has been called thirty times: what
    /// happens every five seconds is done with that after two and a half minutes. Before, two thirds of an idle silo's
    /// processor are the compiler's.
    /// </summary>
    private static readonly TimeSpan SettleTime = TimeSpan.FromMinutes(3);

    private const int ManyShardBits = 12;

    private static readonly TimeSpan Period = TimeSpan.FromSeconds(60);

    public static async Task RunAsync(BenchmarkReport report)
    {
        await ReportNodeAsync(report, "idle-processor", "< 2", Corpus.ShardBits);
        await ReportClusterAsync(report);
        await ReportNodeAsync(report, "idle-processor-4096-shards", "< 10", ManyShardBits);
    }

    private static async Task ReportNodeAsync(BenchmarkReport report, string name, string goal, int shardBits)
    {
        using var folder = new TemporaryFolder();
        await using var node = await SiloProcess.StartAsync(
            new SiloSettings(BuiltProgram.PathOf("DChat.Silo"), folder["data"])
            {
                Arguments = ["--network", Corpus.Network, "--shard-bits", shardBits.ToString(CultureInfo.InvariantCulture)],
            },
            CancellationToken.None);
        await ReportAsync(report, name, goal, [node], [node.Libp2pAddress()], shardBits);
    }

    private static async Task ReportClusterAsync(BenchmarkReport report)
    {
        await using var cluster = await MachineCluster.StartAsync(["--network", Corpus.Network], CancellationToken.None);
        var edges = new[] { cluster.Primary.Libp2pAddress(), cluster.Edge.Libp2pAddress() };
        await ReportAsync(report, "idle-processor-three-silos", "< 6", [cluster.Primary, cluster.Core, cluster.Edge], edges);
    }

    private static async Task ReportAsync(
        BenchmarkReport report, string name, string goal, SiloProcess[] silos, Multiaddr[] edges, int shardBits = Corpus.ShardBits)
    {
        await using var audience = await Audience.JoinAsync(edges, perEdge: 1, shardBits);
        await PushToEveryShardAsync(edges[0], shardBits);
        await Task.Delay(SettleTime);
        var meter = ProcessorMeter.Of([.. silos.Select(silo => silo.Process.Id)]);
        await Task.Delay(Period);
        report.Add(name, 100 * meter.Used / Period, "% of a core", goal);
    }

    private static async Task PushToEveryShardAsync(Multiaddr edge, int shardBits)
    {
        await using var host = new Libp2pHost(new Libp2pOptions());
        var pusher = (await Pusher.OpenAsync(host, edge, streams: 1))[0];
        foreach (var batches in Corpus.Create(1 << shardBits, batchSize: 1, shardBits).Batches.Chunk(EnvelopeBatch.MaxCount / 2))
        {
            await pusher.SendAsync([.. batches.SelectMany(batch => batch.Envelopes.Envelopes)]);
        }

        await pusher.FinishAsync();
    }
}
