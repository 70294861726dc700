namespace DChat.Benchmarks.Libp2p;

/// <summary>How long a connection and a stream take until a byte has gone there and back over them.</summary>
internal static class LatencyFigures
{
    private const int Connects = 40;
    private const int Streams = 200;

    public static async Task ReportAsync(BenchmarkReport report, HostPair ours, JsPair js, int rounds)
    {
        var (connect, jsConnect) = await MeasureAsync(ours, js, rounds, pair => pair.TimeConnectsAsync(Connects));
        report.Add("connect-time", connect, "ms", peer: "js-libp2p", ratio: connect / jsConnect);
        var (open, jsOpen) = await MeasureAsync(ours, js, rounds, pair => pair.TimeStreamsAsync(Streams));
        report.Add("stream-open", open * 1000, "us", peer: "js-libp2p", ratio: open / jsOpen);
    }

    private static async Task<(double Ours, double Js)> MeasureAsync(
        HostPair ours, JsPair js, int rounds, Func<ILibp2pPair, Task<double[]>> measure)
    {
        // The first round warms up.
        await measure(ours);
        await measure(js);
        List<double> ourTimes = [], jsTimes = [];
        for (var i = 0; i < rounds; i++)
        {
            ourTimes.AddRange(await measure(ours));
            jsTimes.AddRange(await measure(js));
        }

        return (Libp2pSuite.Median([.. ourTimes]), Libp2pSuite.Median([.. jsTimes]));
    }
}
