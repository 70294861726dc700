namespace DChat.Benchmarks.Gateway;

/// <summary>What an edge gateway is made of, beside peers of other make. Only ratios within a run mean something.</summary>
internal static class GatewaySuite
{
    public static async Task RunAsync(BenchmarkReport report)
    {
        await GossipFigures.ReportAsync(report);
    }
}
