namespace DChat.Benchmarks.Libp2p;

/// <summary>What a connection that nobody uses keeps on the heap: both of its ends, since both are in this process.</summary>
internal static class IdleFigures
{
    private const int Connections = 500;

    public static async Task ReportAsync(BenchmarkReport report)
    {
        await using var pair = await HostPair.StartAsync(Connections + 8);
        var before = LiveBytes();
        await pair.OpenIdleAsync(Connections);
        var perConnection = (LiveBytes() - before) / (double)Connections;
        report.Add("idle-connection-bytes", perConnection, "B both ends", "<= 65536");
    }

    private static long LiveBytes()
    {
        // Twice, with finalizers between: buffers that pools let go are freed only then.
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return GC.GetTotalMemory(forceFullCollection: true);
    }
}
