namespace DChat.Benchmarks.Libp2p;

/// <summary>
/// How long a message takes to each of nine others, and in how many copies it comes: ten nodes in one process, each connected
/// to every other over loopback, publish in turn and slowly enough for both; ours and js-libp2p in alternating rounds.
/// </summary>
internal static class GossipLatencyFigures
{
    private const int Nodes = 10;
    private const int MeshDegree = 4;
    private const int MessageSize = 1024;
    private const int Messages = 150;

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(20);

    public static async Task ReportAsync(BenchmarkReport report, int rounds)
    {
        await using var ours = await GossipMesh.StartAsync(Nodes, MeshDegree);
        await using var js = await JsPeer.StartAsync("gossip-perf.mjs");
        await js.CallAsync(new { op = "start", count = Nodes, degree = MeshDegree });

        // The first round warms up.
        await ours.PaceAsync(Messages, MessageSize, Interval);
        await PaceAsync(js);
        List<double> ourTimes = [], jsTimes = [];
        var copies = ours.Copies;
        for (var i = 0; i < rounds; i++)
        {
            ourTimes.Add(Quantiles.P99(await ours.PaceAsync(Messages, MessageSize, Interval)));
            jsTimes.Add(Quantiles.P99(await PaceAsync(js)));
        }

        var (p99, jsP99) = (Quantiles.Median(ourTimes), Quantiles.Median(jsTimes));
        report.Add("gossip-p99", p99, "ms", "ratio <= 0.34", "js-libp2p", p99 / jsP99);
        report.Add("gossip-duplicates", (ours.Copies - copies) / (double)(rounds * Messages * (Nodes - 1)), "copies");
    }

    private static async Task<double[]> PaceAsync(JsPeer js)
    {
        var reply = await js.CallAsync(new { op = "pace", messages = Messages, size = MessageSize, interval = Interval.TotalMilliseconds });
        return [.. reply.GetProperty("elapsed").EnumerateArray().Select(each => each.GetDouble())];
    }
}
