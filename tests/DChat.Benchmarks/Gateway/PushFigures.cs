using System.Diagnostics;
using DChat.Benchmarks.Backbone;
using DChat.Libp2p.Addresses;
using DChat.Libp2p.Host;

namespace DChat.Benchmarks.Gateway;

/// <summary>
/// Messages pushed through both edges until every peer of both has received every one. Beside it, in turn, what the same
/// cores do when they only verify the same messages.
/// </summary>
internal static class PushFigures
{
    private const int Messages = 32_768;
    private const int PerRequest = 64;
    private const int StreamsPerEdge = 4;
    private const int Rounds = 3;

    /// <summary>
    /// A silo runs for weeks; its first seconds, in which the runtime compiles and optimises, are no part of what a message
    /// costs. After so many rounds the compiler's threads are quiet.
    /// </summary>
    private const int WarmUpRounds = 4;

    /// <summary>
    /// Requests that may be under way until all peers have their messages. An edge drops messages to a peer for which
    /// 4 MiB wait; the push itself does not wait for peers.
    /// </summary>
    private const int Window = 32;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public static async Task ReportAsync(
        BenchmarkReport report, IReadOnlyList<int> silos, IReadOnlyList<Multiaddr> edges, Audience audience)
    {
        var verify = new VerifyFigures[Rounds];
        var push = new Round[Rounds];

        for (var round = -WarmUpRounds; round < Rounds; round++)
        {
            var corpus = Corpus.Create(Messages, PerRequest);
            var verified = VerifyFigures.Measure(corpus);
            var (ours, load) = (ProcessorMeter.Of(silos), ProcessorMeter.OfThis());
            var rate = await PushAsync(corpus, edges, audience);
            var pushed = new Round(rate, ours.MicrosecondsPer(corpus.Count), load.MicrosecondsPer(corpus.Count));
            if (round >= 0)
            {
                (verify[round], push[round]) = (verified, pushed);
            }
        }

        report.Add("verify-only", Quantiles.Median([.. verify.Select(each => each.Rate)]), "messages/s");
        report.Add("verify-processor-per-message", Quantiles.Median([.. verify.Select(each => each.Microseconds)]), "us");
        report.Add(
            "push-end-to-end",
            Quantiles.Median([.. push.Select(each => each.Rate)]),
            "messages/s",
            "ratio >= 0.5",
            "verify-only",
            Quantiles.Median([.. push.Zip(verify, (ours, peer) => ours.Rate / peer.Rate)]));
        ReportProcessor(report, "relay-processor-per-message", "ratio <= 1.6", verify, [.. push.Select(each => each.SiloMicroseconds)]);
        ReportProcessor(report, "load-processor-per-message", goal: null, verify, [.. push.Select(each => each.LoadMicroseconds)]);
    }

    private static void ReportProcessor(BenchmarkReport report, string name, string? goal, VerifyFigures[] verify, double[] costs) => report.Add(
        name,
        Quantiles.Median(costs),
        "us",
        goal,
        "verify-only",
        Quantiles.Median([.. costs.Zip(verify, (ours, peer) => ours / peer.Microseconds)]));

    private static async Task<double> PushAsync(Corpus corpus, IReadOnlyList<Multiaddr> edges, Audience audience)
    {
        var hosts = edges.Select(_ => new Libp2pHost(new Libp2pOptions())).ToArray();
        var pushers = (await Task.WhenAll(hosts.Zip(edges, (host, edge) => Pusher.OpenAsync(host, edge, StreamsPerEdge)))).SelectMany(p => p).ToArray();
        var counts = new Counts(audience.Count);
        audience.Received = (place, _) => counts.Add(place);
        using var window = new SemaphoreSlim(Window);
        var next = -1;
        var started = Stopwatch.GetTimestamp();
        var pushing = Task.WhenAll(pushers.Select(pusher => Task.Run(async () =>
        {
            for (int i; (i = Interlocked.Increment(ref next)) < corpus.Batches.Count;)
            {
                await window.WaitAsync();
                await pusher.SendAsync([.. corpus.Batches[i].Envelopes.Envelopes]);
            }

            await pusher.FinishAsync();
        })));
        await ReceiveAsync(corpus.Count, counts, window, pushing);
        var rate = corpus.Count / Stopwatch.GetElapsedTime(started).TotalSeconds;
        await pushing;
        audience.Received = (_, _) => { };
        foreach (var host in hosts)
        {
            await host.DisposeAsync();
        }

        return rate;
    }

    /// <summary>Opens the window as messages have reached everyone, until all have.</summary>
    private static async Task ReceiveAsync(int expected, Counts counts, SemaphoreSlim window, Task pushing)
    {
        var (opened, progress) = (0, Stopwatch.GetTimestamp());
        for (long everywhere = 0; everywhere < expected;)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(1));
            everywhere = counts.Least();
            if ((int)(everywhere / PerRequest) - opened is > 0 and var requests)
            {
                window.Release(requests);
                opened += requests;
                progress = Stopwatch.GetTimestamp();
            }

            if (pushing.IsFaulted)
            {
                await pushing;
            }

            if (Stopwatch.GetElapsedTime(progress) > Patience)
            {
                throw new TimeoutException($"Of {expected} messages the peers have received {counts}, and no more for {Patience}.");
            }
        }
    }

    /// <summary>One round: messages a second, and the processor time of a message in core and edges, and in devices and peers.</summary>
    private readonly record struct Round(double Rate, double SiloMicroseconds, double LoadMicroseconds);

    /// <summary>What each peer has received; each has a cache line of its own.</summary>
    private sealed class Counts(int peers)
    {
        private const int Stride = 16;

        private readonly long[] _counts = new long[peers * Stride];

        public void Add(int place) => Interlocked.Increment(ref _counts[place * Stride]);

        public long Least() => Enumerable.Range(0, peers).Min(Of);

        public override string ToString() => string.Join(", ", Enumerable.Range(0, peers).Select(Of));

        private long Of(int place) => Volatile.Read(ref _counts[place * Stride]);
    }
}
