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
    private const int BatchSize = 128;
    private const int InFlightPerShard = 4;
    private const int MessageBytes = 1_024;

    public static async Task ReportAsync(BenchmarkReport report, string root, int rounds)
    {
        var rates = new double[rounds];
        var peers = new List<double>();
        await using var redis = await RedisServer.TryStartAsync(Path.Combine(root, "redis"));
        for (var round = 0; round < rounds; round++)
        {
            if (redis is not null)
            {
                peers.Add(await redis.AppendAsync(Messages, MessageBytes, InFlightPerShard << Corpus.ShardBits, BatchSize));
            }

            var corpus = Corpus.Create(Messages, BatchSize);
            var requests = corpus.Batches.Select(batch => (batch.Shard, Request: Appends.Of(batch.Envelopes, Door.Push))).ToArray();
            await using var silo = await BenchmarkSilo.StartAsync(Path.Combine(root, $"append-{round}"));
            var started = Stopwatch.GetTimestamp();
            await Task.WhenAll(requests.GroupBy(request => request.Shard).SelectMany(shard =>
            {
                var grain = silo.Grains.GetGrain<ISyncShardGrain>(GrainKeys.Shard(Corpus.Network, shard.Key));
                var queue = new Queue<AppendRequest>(shard.Select(request => request.Request));
                return Enumerable.Range(0, InFlightPerShard).Select(_ => Task.Run(async () =>
                {
                    while (TryTake(queue, out var request))
                    {
                        Require((await grain.AppendAsync(request)).Results);
                    }
                }));
            }));
            rates[round] = Messages / Stopwatch.GetElapsedTime(started).TotalSeconds;
        }

        var rate = Quantiles.Median(rates);
        if (peers.Count == 0)
        {
            report.Add("append-durable", rate, "messages/s", "ratio >= 2");
            return;
        }

        var peer = Quantiles.Median(peers);
        report.Add("redis-append-durable", peer, "messages/s");
        report.Add(
            "append-durable",
            rate,
            "messages/s",
            "ratio >= 2",
            "redis appendfsync always",
            Quantiles.Median([.. rates.Zip(peers, (ours, theirs) => ours / theirs)]));
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
