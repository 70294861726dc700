namespace DChat.Benchmarks.Storage;

/// <summary>What sealing a segment takes of a core.</summary>
internal static class StorageSuite
{
    private const int Rounds = 5;

    public static Task RunAsync(BenchmarkReport report)
    {
        TreeFigures.Report(report, Rounds);
        return Task.CompletedTask;
    }
}
