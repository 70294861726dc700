namespace DChat.Benchmarks.Libp2p;

/// <summary>Throughput of one stream, and what a MiB costs.</summary>
internal static class TransferFigures
{
    private const long MiB = 1024 * 1024;
    private const long EachWay = 64 * MiB;
    private const int WarmUpRounds = 10;
    private const double MovedMiB = 2d * EachWay / MiB;

    public static async Task ReportAsync(BenchmarkReport report, HostPair ours, JsPair js, int rounds)
    {
        // Windows grow and both runtimes compile, in steps, what runs often; one transfer is not enough for either.
        for (var i = 0; i < WarmUpRounds; i++)
        {
            await MeasureAsync(ours);
            await MeasureAsync(js);
        }

        var (ourRounds, jsRounds, cipherSpeeds, linkSpeeds) = (new Round[rounds], new Round[rounds], new double[rounds], new double[rounds]);
        for (var i = 0; i < rounds; i++)
        {
            ourRounds[i] = await MeasureAsync(ours);
            jsRounds[i] = await MeasureAsync(js);
            cipherSpeeds[i] = MovedMiB / await BareCipher.MeasureAsync(2 * EachWay) * 1000;
            linkSpeeds[i] = MovedMiB / await BareLink.MeasureAsync(2 * EachWay) * 1000;
        }

        var (speed, jsSpeed) = (Median(ourRounds, r => r.MiBPerSecond), Median(jsRounds, r => r.MiBPerSecond));
        report.Add("stream-throughput", speed, "MiB/s", ">= 3x js", "js-libp2p", speed / jsSpeed);
        report.Add("stream-throughput-to-cipher", speed, "MiB/s", "ratio >= 0.6", "ChaCha20-Poly1305", speed / Libp2pSuite.Median(cipherSpeeds));
        report.Add("stream-throughput-to-link", speed, "MiB/s", peer: "cipher over TCP", ratio: speed / Libp2pSuite.Median(linkSpeeds));
        var (processor, jsProcessor) = (Median(ourRounds, r => r.ProcessorPerMiB), Median(jsRounds, r => r.ProcessorPerMiB));
        report.Add("stream-processor-per-mib", processor, "ms both ends", peer: "js-libp2p", ratio: processor / jsProcessor);
        report.Add("allocated-bytes-per-mib", Median(ourRounds, r => r.AllocatedPerMiB), "B both ends");
    }

    private static async Task<Round> MeasureAsync(ILibp2pPair pair)
    {
        var (allocated, processor) = (GC.GetTotalAllocatedBytes(precise: true), pair.ProcessorTime);
        var milliseconds = await pair.TransferAsync(EachWay, EachWay);
        return new Round(
            MovedMiB / milliseconds * 1000,
            (pair.ProcessorTime - processor).TotalMilliseconds / MovedMiB,
            (GC.GetTotalAllocatedBytes(precise: true) - allocated) / MovedMiB);
    }

    private static double Median(Round[] rounds, Func<Round, double> figure) => Libp2pSuite.Median([.. rounds.Select(figure)]);

    private sealed record Round(double MiBPerSecond, double ProcessorPerMiB, double AllocatedPerMiB);
}
