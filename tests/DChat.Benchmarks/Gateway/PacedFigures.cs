using System.Collections.Concurrent;
using System.Diagnostics;
using DChat.Benchmarks.Backbone;
using DChat.Core.Envelopes;
using DChat.Libp2p.Addresses;
using DChat.Libp2p.Host;

namespace DChat.Benchmarks.Gateway;

/// <summary>
/// What single messages wait for at a moderate rate: from the flush of a push to the first edge until it is accepted, and
/// until the peers of the other edge have it.
/// </summary>
internal static class PacedFigures
{
    private const int WarmUp = 3_000;
    private const int Messages = 10_000;
    private const int PerSecond = 1_000;
    private const int Streams = 4;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public static async Task ReportAsync(BenchmarkReport report, IReadOnlyList<Multiaddr> edges, Audience audience)
    {
        await MeasureAsync(edges[0], audience, WarmUp);
        var (acks, deliveries) = await MeasureAsync(edges[0], audience, Messages);
        report.Add("push-ack-p99", Quantiles.P99(acks), "ms");
        report.Add("delivery-p50", Quantiles.Median(deliveries), "ms");
        report.Add("delivery-p99", Quantiles.P99(deliveries), "ms");
    }

    private static async Task<(double[] Acks, double[] Deliveries)> MeasureAsync(Multiaddr edge, Audience audience, int messages)
    {
        var corpus = Corpus.Create(messages, batchSize: 1);
        var envelopes = corpus.Batches.Select(batch => batch.Envelopes.Envelopes.First()).ToArray();
        var places = Enumerable.Range(0, messages).ToDictionary(i => MessageId.Compute(envelopes[i].Span));
        var sent = new long[messages];
        var acks = new double[messages];
        var deliveries = new ConcurrentQueue<double>();
        var missing = messages * audience.Count / 2;
        var delivered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        audience.Received = (place, envelope) =>
        {
            if (place >= audience.Count / 2)
            {
                deliveries.Enqueue(Stopwatch.GetElapsedTime(sent[places[MessageId.Compute(envelope.Span)]]).TotalMilliseconds);
                if (Interlocked.Decrement(ref missing) == 0)
                {
                    delivered.SetResult();
                }
            }
        };
        await using var host = new Libp2pHost(new Libp2pOptions());
        var pushers = await Pusher.OpenAsync(host, edge, Streams);
        for (var stream = 0; stream < Streams; stream++)
        {
            var first = stream;
            pushers[stream].Accepted = number =>
            {
                var i = (int)(number * Streams) + first;
                acks[i] = Stopwatch.GetElapsedTime(sent[i]).TotalMilliseconds;
            };
        }

        var started = Stopwatch.GetTimestamp();
        for (var i = 0; i < messages; i++)
        {
            while (Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds((double)i / PerSecond))
            {
                await Task.Delay(TimeSpan.FromMilliseconds(1));
            }

            sent[i] = Stopwatch.GetTimestamp();
            await pushers[i % Streams].SendAsync([envelopes[i]]);
        }

        await Task.WhenAll(pushers.Select(pusher => pusher.FinishAsync()));
        await delivered.Task.WaitAsync(Patience);
        audience.Received = (_, _) => { };
        return (acks, [.. deliveries]);
    }
}
