using System.Diagnostics;
using DChat.Abstractions.Grains;
using DChat.Abstractions.Messages;
using DChat.Core.Envelopes;
using DChat.Testing.Messages;

namespace DChat.Benchmarks.Backbone;

/// <summary>Durable appends through the shard grains over all shards, without signatures.</summary>
internal static class AppendFigures
{
    private const int Messages = 131_072;
    private const int BatchSize = 128;
    private const int InFlightPerShard = 4;

    public static async Task ReportAsync(BenchmarkReport report, string root, int rounds)
    {
        var best = 0d;
        for (var round = 0; round < rounds; round++)
        {
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
            best = Math.Max(best, Messages / Stopwatch.GetElapsedTime(started).TotalSeconds);
        }

        report.Add("append-durable", best, "messages/s", ">= 50000");
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
