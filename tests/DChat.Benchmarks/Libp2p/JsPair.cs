using System.Text.Json;

namespace DChat.Benchmarks.Libp2p;

/// <summary>Two js-libp2p nodes, a process each: JavaScript has one thread, so this is how they use two cores as ours do.</summary>
internal sealed class JsPair : ILibp2pPair
{
    private readonly JsPeer _listener;
    private readonly JsPeer _dialer;

    private JsPair(JsPeer listener, JsPeer dialer)
    {
        _listener = listener;
        _dialer = dialer;
    }

    public TimeSpan ProcessorTime => _listener.ProcessorTime + _dialer.ProcessorTime;

    public static async Task<JsPair> StartAsync()
    {
        var pair = new JsPair(await JsPeer.StartAsync(), await JsPeer.StartAsync());
        await pair._dialer.CallAsync(new { op = "connect", address = pair._listener.Address });
        return pair;
    }

    public async Task<double> TransferAsync(long upload, long download) =>
        (await _dialer.CallAsync(new { op = "perf", upload, download })).GetProperty("elapsed").GetDouble();

    public async Task<double[]> TimeConnectsAsync(int count) =>
        Elapsed(await _dialer.CallAsync(new { op = "timeConnects", address = _listener.Address, count }));

    public async Task<double[]> TimeStreamsAsync(int count) =>
        Elapsed(await _dialer.CallAsync(new { op = "timeStreams", count }));

    public async ValueTask DisposeAsync()
    {
        await _dialer.DisposeAsync();
        await _listener.DisposeAsync();
    }

    private static double[] Elapsed(JsonElement reply) => [.. reply.GetProperty("elapsed").EnumerateArray().Select(e => e.GetDouble())];
}
