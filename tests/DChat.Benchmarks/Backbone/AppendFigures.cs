using System.Collections.Concurrent;
using System.Diagnostics;
using DChat.Abstractions.Grains;
using DChat.Abstractions.Messages;
using DChat.Core.Envelopes;
using DChat.Testing.Messages;

namespace DChat.Benchmarks.Backbone;

/// <summary>
/// Durable appends through the shard grains over all shards, without signatures; in turn with Redis, which makes as many
/// messages of the same size durable.
/// </summary>
internal static class AppendFigures
{
    private const int Messages = 131_072;
    private const int MessageBytes = 1_024;

    public static async Task ReportAsync(BenchmarkReport report, string root, int rounds, AppendLoad load)
    {
        var rates = new double[rounds];
        var peers = new List<double>();
        var latencies = new ConcurrentBag<double>();
        await using var redis = await RedisServer.TryStartAsync(Path.Combine(root, $"redis-{load.Name}"));
        for (var round = 0; round < rounds; round++)
        {
            if (redis is not null)
            {
                peers.Add(await redis.AppendAsync(Messages, MessageBytes, load.InFlight, load.BatchSize));
            }

            var corpus = Corpus.Create(Messages, load.BatchSize);
            await using var silo = await BenchmarkSilo.StartAsync(Path.Combine(root, $"{load.Name}-{round}"));
            rates[round] = await AppendAsync(silo, corpus, load, latencies);
        }

        var rate = Quantiles.Median(rates);
        report.Add($"{load.Name}-p99", Quantiles.P99(latencies), "ms a call");
        if (peers.Count == 0)
        {
            report.Add(load.Name, rate, "messages/s", "ratio >= 2");
            return;
        }

        var peer = Quantiles.Median(peers);
        report.Add($"redis-{load.Name}", peer, "messages/s");
        report.Add(
            load.Name,
            rate,
            "messages/s",
            "ratio >= 2",
            "redis appendfsync always",
            Quantiles.Median([.. rates.Zip(peers, (ours, theirs) => ours / theirs)]));
    }

    /// <summary>Appends all of a corpus through the shards of a silo.</summary>
    /// <returns>Messages a second.</returns>
    public static async Task<double> AppendAsync(BenchmarkSilo silo, Corpus corpus, AppendLoad load, ConcurrentBag<double> latencies)
    {
        var requests = corpus.Batches.Select(batch => (batch.Shard, Request: Appends.Of(batch.Envelopes, Door.Push))).ToArray();
        var started = Stopwatch.GetTimestamp();
        await Task.WhenAll(requests.GroupBy(request => request.Shard).SelectMany(shard =>
        {
            var grain = silo.Grains.GetGrain<ISyncShardGrain>(GrainKeys.Shard(Corpus.Network, shard.Key));
            var queue = new Queue<AppendRequest>(shard.Select(request => request.Request));
            return Enumerable.Range(0, load.InFlightPerShard).Select(_ => Task.Run(async () =>
            {
                while (TryTake(queue, out var request))
                {
                    var sent = Stopwatch.GetTimestamp();
                    Require((await grain.AppendAsync(request)).Results);
                    latencies.Add(Stopwatch.GetElapsedTime(sent).TotalMilliseconds);
                }
            }));
        }));
        return corpus.Count / Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    private static bool TryTake(Queue<AppendRequest> queue, out AppendRequest request)
    {
        lock (queue)
        {
            return queue.TryDequeue(out request!);
        }
    }

    private static void Require(PublishResult[] results)
    {
        foreach (var result in results)
        {
            if (!result.IsAccepted || result.IsDuplicate)
            {
                throw new InvalidOperationException($"A message was not accepted: {result.Rejection.ToCode()}.");
            }
        }
    }
}
