namespace DChat.Benchmarks.Sync;

/// <summary>
/// What it costs to find in what two sets of a million messages differ, as algorithms alone: no network, no disk; and then what relays take
/// that reconcile over TCP.
/// </summary>
internal static class SyncSuite
{
    public const int Messages = 1_000_000;

    private const int Rounds = 5;

    public static async Task RunAsync(BenchmarkReport report)
    {
        IndexFigures.Report(report, Rounds);
        RatelessFigures.Report(report, Rounds);
        NegentropyFigures.Report(report, Rounds);
        await RelayFigures.ReportAsync(report, Rounds);
    }
}
