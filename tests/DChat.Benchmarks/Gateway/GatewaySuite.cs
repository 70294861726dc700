using DChat.Benchmarks.Backbone;
using DChat.Testing.Processes;

namespace DChat.Benchmarks.Gateway;

/// <summary>
/// What edge gateways do, in a cluster of a core and two edges as an operator runs it, each a process of its own; peers and
/// devices are in this one. Only ratios within a run mean something.
/// </summary>
internal static class GatewaySuite
{
    private const int PeersPerEdge = 5;

    public static async Task RunAsync(BenchmarkReport report)
    {
        await ReportClusterAsync(report);
        await RunAttackAsync(report);
        await MemoryFigures.ReportAsync(report);
        await GossipFigures.ReportAsync(report);
    }

    /// <summary>The attack alone, against the limits that ship: elsewhere they are out of the way of the few devices of a benchmark.</summary>
    public static async Task RunAttackAsync(BenchmarkReport report)
    {
        await using var cluster = await MachineCluster.StartAsync(["--network", Corpus.Network], CancellationToken.None);
        var edges = new[] { cluster.Primary.Libp2pAddress(), cluster.Edge.Libp2pAddress() };
        await using var audience = await Audience.JoinAsync(edges, PeersPerEdge);
        await Rehearsal.RunAsync(edges[0], audience);
        await AttackFigures.ReportAsync(report, edges[0]);
    }

    private static async Task ReportClusterAsync(BenchmarkReport report)
    {
        await using var cluster = await MachineCluster.StartAsync(
            ["--network", Corpus.Network, .. MachineCluster.WithoutQuotas], CancellationToken.None);
        var probe = Path.Combine(cluster.DataDirectory, "probe");
        report.Add("fsync-probe", FsyncProbe.MedianMilliseconds(probe), "ms");
        var edges = new[] { cluster.Primary.Libp2pAddress(), cluster.Edge.Libp2pAddress() };
        await using var audience = await Audience.JoinAsync(edges, PeersPerEdge);
        await Rehearsal.RunAsync(edges[0], audience);
        int[] silos = [cluster.Primary.Process.Id, cluster.Core.Process.Id, cluster.Edge.Process.Id];
        await PushFigures.ReportAsync(report, silos, edges, audience);
        await PacedFigures.ReportAsync(report, edges, audience);
        report.Add("fsync-probe", FsyncProbe.MedianMilliseconds(probe), "ms");
    }
}
