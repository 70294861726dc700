namespace DChat.Benchmarks.Libp2p;

/// <summary>
/// Our libp2p beside js-libp2p: each in a pair with itself over loopback, in alternating rounds. Only ratios within a run
/// mean something; a ratio is ours to theirs.
/// </summary>
internal static class Libp2pSuite
{
    private const int Rounds = 5;
    private const int GossipRounds = 3;
    private const int LookupRounds = 3;

    public static async Task RunAsync(BenchmarkReport report)
    {
        await using (var ours = await HostPair.StartAsync())
        await using (var js = await JsPair.StartAsync())
        {
            await TransferFigures.ReportAsync(report, ours, js, Rounds);
            await LatencyFigures.ReportAsync(report, ours, js, Rounds);
        }

        await IdleFigures.ReportAsync(report);
        await HandshakeFigures.ReportAsync(report, Rounds);
        await SmallStreamFigures.ReportAsync(report, Rounds);
        await CircuitFigures.ReportAsync(report, Rounds);
        await LookupFigures.ReportAsync(report, LookupRounds);
        RouterFigures.ReportHeartbeat(report);
        RouterFigures.ReportRate(report, Rounds);
        await GossipLatencyFigures.ReportAsync(report, GossipRounds);
        await DeliveryFigures.ReportAsync(report);
    }

    /// <summary>The middle one, in the array's order of size.</summary>
    internal static double Median(double[] values)
    {
        Array.Sort(values);
        return values[values.Length / 2];
    }
}
