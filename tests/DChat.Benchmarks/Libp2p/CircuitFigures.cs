using DChat.Libp2p.Addresses;
using DChat.Libp2p.Host;
using DChat.Libp2p.Protocols.CircuitRelay;
using DChat.Libp2p.Protocols.Perf;

namespace DChat.Benchmarks.Libp2p;

/// <summary>
/// Throughput of one stream through a relay that sets no limit, over loopback TCP: every byte is encrypted and decrypted
/// between the two ends, and once more on both ways to and from the relay. All three are in this process.
/// </summary>
internal static class CircuitFigures
{
    private const long MiB = 1024 * 1024;
    private const long EachWay = 16 * MiB;
    private const int WarmUpRounds = 5;

    public static async Task ReportAsync(BenchmarkReport report, int rounds)
    {
        await using var relay = Create("/ip4/127.0.0.1/tcp/0");
        await relay.StartAsync();
        using var service = new CircuitRelayService(relay, new CircuitRelayOptions { CircuitBytes = 0, CircuitDuration = TimeSpan.Zero });
        var through = Multiaddr.Parse($"{relay.ListenAddresses[0].WithPeer(relay.LocalPeer)}/p2p-circuit");
        await using var listener = Create(through.ToString());
        await listener.StartAsync();
        while (service.ReservationCount == 0)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10));
        }

        await using var dialer = Create("/ip4/127.0.0.1/tcp/0");
        await dialer.StartAsync();
        await dialer.ConnectAsync(through.WithPeer(listener.LocalPeer));
        var speeds = new double[rounds];
        for (var i = -WarmUpRounds; i < rounds; i++)
        {
            var elapsed = await dialer.PerfAsync(listener.LocalPeer, EachWay, EachWay);
            speeds[Math.Max(i, 0)] = 2d * EachWay / MiB / elapsed.TotalSeconds;
        }

        if (service.CircuitCount != 1)
        {
            throw new InvalidOperationException($"{service.CircuitCount} circuits are open where one was measured.");
        }

        report.Add("relay-throughput", Libp2pSuite.Median(speeds), "MiB/s");
    }

    private static Libp2pHost Create(string address)
    {
        var options = new Libp2pOptions { ServePerf = true };
        options.ListenAddresses.Add(Multiaddr.Parse(address));
        return new Libp2pHost(options);
    }
}
