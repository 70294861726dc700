using DChat.Benchmarks.Backbone;

namespace DChat.Benchmarks.Storage;

/// <summary>What it costs to keep messages: to make them durable, to recover them, to seal them, and to have them sealed.</summary>
internal static class StorageSuite
{
    private const int Rounds = 3;
    private const int TreeRounds = 5;

    public static async Task RunAsync(BenchmarkReport report)
    {
        var root = Path.Combine(AppContext.BaseDirectory, "storage-data");
        if (Directory.Exists(root))
        {
            Directory.Delete(root, recursive: true);
        }

        report.Add("fsync-probe", FsyncProbe.MedianMilliseconds(root), "ms");
        TreeFigures.Report(report, TreeRounds);
        await AppendFigures.ReportAsync(report, root, Rounds, AppendLoad.Thousand);
        await SealFigures.ReportAsync(report, root, Rounds);
        Directory.Delete(root, recursive: true);
        await StallFigures.ReportAsync(report, root);
        Directory.Delete(root, recursive: true);
        await RecoveryFigures.ReportAsync(report, root, "recover-10m", 10_000_000, "< 5");
        report.Add("fsync-probe", FsyncProbe.MedianMilliseconds(root), "ms");
        Directory.Delete(root, recursive: true);
        await AzureFigures.ReportAsync(report, Rounds);
        await ClusterFigures.ReportAsync(report, Rounds);
    }
}
