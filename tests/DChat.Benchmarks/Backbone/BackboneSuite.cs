namespace DChat.Benchmarks.Backbone;

/// <summary>The figures of the main road: admission, the log, the shard grains and the gossip streams of one node.</summary>
internal static class BackboneSuite
{
    private const int Rounds = 3;

    public static async Task RunAsync(BenchmarkReport report)
    {
        var root = Path.Combine(AppContext.BaseDirectory, "backbone-data");
        if (Directory.Exists(root))
        {
            Directory.Delete(root, recursive: true);
        }

        report.Add("fsync-probe", FsyncProbe.MedianMilliseconds(root), "ms");
        IndexFigures.Report(report);
        await AppendFigures.ReportAsync(report, root, Rounds, AppendLoad.Full);
        await RelayFigures.ReportAsync(report, root, Rounds);
        await RecoveryFigures.ReportAsync(report, root, "recover-1m", 1_000_000);
        await StartupFigures.ReportAsync(report, root);
        report.Add("fsync-probe", FsyncProbe.MedianMilliseconds(root), "ms");
        Directory.Delete(root, recursive: true);
    }
}
