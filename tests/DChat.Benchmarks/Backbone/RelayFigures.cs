using System.Diagnostics;
using DChat.Abstractions.Grains;
using DChat.Abstractions.Messages;
using DChat.Client;
using DChat.Core.Admission;
using DChat.Core.Envelopes;
using DChat.Core.Sealing;
using DChat.Core.Topics;

namespace DChat.Benchmarks.Backbone;

/// <summary>
/// The whole way of a message on one node: verified, durable, delivered to ten subscribers in the process. Beside it, in
/// turn, what the same cores do when they only verify the same corpus.
/// </summary>
internal static class RelayFigures
{
    /// <summary>In the first round the runtime still compiles and optimises.</summary>
    private const int WarmUpRounds = 1;

    private const int Messages = 65_536;
    private const int BatchSize = 128;
    private const int Publishers = 32;
    private const int Subscribers = 10;
    private const int PacedMessages = 5_000;
    private const int PacedPerSecond = 1_000;

    public static async Task ReportAsync(BenchmarkReport report, string root, int rounds)
    {
        var verify = new VerifyFigures[rounds];
        var relay = new double[rounds];
        var costs = new double[rounds];
        var acks = new double[rounds];
        for (var round = -WarmUpRounds; round < rounds; round++)
        {
            var corpus = Corpus.Create(Messages, BatchSize);
            var verified = VerifyFigures.Measure(corpus);
            await using var silo = await BenchmarkSilo.StartAsync(Path.Combine(root, $"relay-{round}"));
            var relayed = await RelayAsync(silo, corpus);
            if (round >= 0)
            {
                verify[round] = verified;
                (relay[round], acks[round], costs[round]) = relayed;
            }
        }

        report.Add("verify-only", Quantiles.Median([.. verify.Select(each => each.Rate)]), "messages/s");
        report.Add("verify-processor-per-message", Quantiles.Median([.. verify.Select(each => each.Microseconds)]), "us");
        report.Add(
            "relay-end-to-end",
            Quantiles.Median(relay),
            "messages/s",
            "ratio >= 0.8",
            "verify-only",
            Quantiles.Median([.. relay.Zip(verify, (ours, peer) => ours / peer.Rate)]));

        // The publishers and subscribers are in the silo's process; what they do is little, and part of it.
        report.Add(
            "relay-processor-per-message",
            Quantiles.Median(costs),
            "us",
            peer: "verify-only",
            ratio: Quantiles.Median([.. costs.Zip(verify, (ours, peer) => ours / peer.Microseconds)]));
        report.Add("publish-ack-p99-saturated", Quantiles.Median(acks), "ms");
        await using var paced = await BenchmarkSilo.StartAsync(Path.Combine(root, "paced"));
        report.Add("publish-ack-p99", await PacedAckP99Async(paced), "ms", "< 50");
    }

    /// <summary>Messages a second that these cores can verify, and nothing else.</summary>
    public static double VerifyOnly(Corpus corpus)
    {
        var options = new AdmissionOptions();
        BenchmarkSilo.WithoutQuotas(options);
        var network = new NetworkOptions { Network = Corpus.Network, ShardBits = Corpus.ShardBits };
        var pipeline = new AdmissionPipeline(network, options, TimeProvider.System);
        var source = new AdmissionSource(Door.Push, "benchmark");
        var started = Stopwatch.GetTimestamp();
        Parallel.ForEach(
            corpus.Batches,
            new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount },
            batch =>
            {
                foreach (var envelope in batch.Envelopes.Envelopes)
                {
                    var result = pipeline.Admit(envelope.Span, batch.Shard, source);
                    if (!result.IsAdmitted || result.WasSeen)
                    {
                        throw new InvalidOperationException($"Not verified: {result.Rejection.ToCode()}.");
                    }
                }
            });
        return corpus.Count / Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    private static async Task<(double Rate, double AckP99, double Microseconds)> RelayAsync(BenchmarkSilo silo, Corpus corpus)
    {
        using var stop = new CancellationTokenSource();
        var delivered = await SubscribeAsync(silo, corpus.Count, stop.Token);
        var admission = silo.Grains.GetGrain<IAdmissionGrain>(0);
        var latencies = new double[corpus.Batches.Count];
        var next = -1;
        var processor = ProcessorMeter.OfThis();
        var started = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, Publishers).Select(_ => Task.Run(async () =>
        {
            for (int i; (i = Interlocked.Increment(ref next)) < corpus.Batches.Count;)
            {
                latencies[i] = await PublishAsync(admission, corpus.Batches[i].Shard, corpus.Batches[i].Envelopes);
            }
        })));
        await delivered;
        var rate = corpus.Count / Stopwatch.GetElapsedTime(started).TotalSeconds;
        var cost = processor.MicrosecondsPer(corpus.Count);
        await stop.CancelAsync();
        return (rate, Quantiles.P99(latencies), cost);
    }

    private static async Task<double> PacedAckP99Async(BenchmarkSilo silo)
    {
        using var stop = new CancellationTokenSource();
        var corpus = Corpus.Create(PacedMessages, batchSize: 1);
        var delivered = await SubscribeAsync(silo, corpus.Count, stop.Token);
        var admission = silo.Grains.GetGrain<IAdmissionGrain>(0);
        var publishing = new List<Task<double>>(PacedMessages);
        var started = Stopwatch.GetTimestamp();
        foreach (var batch in corpus.Batches)
        {
            var due = TimeSpan.FromSeconds((double)publishing.Count / PacedPerSecond);
            while (Stopwatch.GetElapsedTime(started) < due)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(1));
            }

            publishing.Add(PublishAsync(admission, batch.Shard, batch.Envelopes));
        }

        var latencies = await Task.WhenAll(publishing);
        await delivered;
        await stop.CancelAsync();
        return Quantiles.P99(latencies);
    }

    /// <summary>Returns when all subscribers listen on all shards; the inner task ends when each has every message.</summary>
    private static async Task<Task> SubscribeAsync(BenchmarkSilo silo, int expected, CancellationToken cancellationToken)
    {
        var all = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var missing = Subscribers * expected;
        for (var subscriber = 0; subscriber < Subscribers; subscriber++)
        {
            for (var shard = 0; shard < 1 << Corpus.ShardBits; shard++)
            {
                var id = new ShardId((ushort)shard);
                _ = Task.Run(
                    async () =>
                    {
                        try
                        {
                            await foreach (var range in silo.Client.SubscribeEnvelopesAsync(
                                id, new SubscribeOptions { Start = StartPosition.Beginning }, cancellationToken))
                            {
                                if (Interlocked.Add(ref missing, -range.Envelopes.Count) == 0)
                                {
                                    all.SetResult();
                                }
                            }
                        }
                        catch (OperationCanceledException)
                        {
                            // The round is over.
                        }
                        catch (Exception exception)
                        {
                            all.TrySetException(exception);
                        }
                    },
                    CancellationToken.None);
            }
        }

        await Task.Delay(TimeSpan.FromSeconds(2), cancellationToken);
        return all.Task;
    }

    private static async Task<double> PublishAsync(IAdmissionGrain admission, ShardId shard, EnvelopeBatch envelopes)
    {
        var started = Stopwatch.GetTimestamp();
        var reply = await admission.PublishAsync(new PublishRequest(shard, envelopes));
        foreach (var result in reply.Results)
        {
            if (!result.IsAccepted)
            {
                throw new InvalidOperationException($"A message was not accepted: {result.Rejection.ToCode()}.");
            }
        }

        return Stopwatch.GetElapsedTime(started).TotalMilliseconds;
    }
}
