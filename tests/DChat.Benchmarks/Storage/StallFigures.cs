using System.Diagnostics;
using DChat.Benchmarks.Backbone;
using DChat.Core.Clocks;
using DChat.Core.Segments;
using DChat.Core.Shards;
using DChat.Core.Topics;
using DChat.Storage.Log.Local;
using DChat.Storage.Segments;

namespace DChat.Benchmarks.Storage;

/// <summary>
/// How long appends to one shard wait while another of the same log seals a million messages, and while nothing is sealed: batches of 64
/// messages, a hundred a second. Copies of the index are written all the time, every 4 MiB of log.
/// </summary>
internal static class StallFigures
{
    private const int Messages = 1_000_000;
    private const int BatchSize = 64;
    private const long CheckpointBytes = 4L << 20;
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan Alone = TimeSpan.FromSeconds(10);
    private static readonly ShardId Sealed = new(0);
    private static readonly ShardId Busy = new(1);

    public static async Task ReportAsync(BenchmarkReport report, string root)
    {
        var options = new LocalShardLogOptions
        {
            Directory = Path.Combine(root, "stalls"),
            Network = Corpus.Network,
            ShardBits = 1,
            CheckpointBytes = CheckpointBytes,
        };
        await using var log = LocalShardLog.Open(options);
        using var store = new LocalSegmentStore(options, log.Id);
        var (writer, open) = await FilledShard.CreateAsync(log, Sealed, Messages);
        var segments = await store.OpenAsync(Sealed, term: 1, CancellationToken.None);
        var busy = await log.OpenAsync(Busy, CancellationToken.None);
        var random = new Random(2);
        var alone = await AppendUntilAsync(busy, Task.Delay(Alone), random);
        var list = open.Snapshot().OlderThan(new HybridTimestamp(ulong.MaxValue));
        var sealing = segments.SealAsync(new EpochId(1), list, writer, CancellationToken.None).AsTask();
        var meanwhile = await AppendUntilAsync(busy, sealing, random);
        await sealing;
        report.Add("append-p99-alone", Quantiles.P99(alone), "ms");
        report.Add("append-p99-while-sealing", Quantiles.P99(meanwhile), "ms");
        report.Add("append-max-alone", alone.Max(), "ms");
        report.Add("append-max-while-sealing", meanwhile.Max(), "ms");
    }

    private static async Task<List<double>> AppendUntilAsync(IShardLogWriter writer, Task end, Random random)
    {
        List<double> latencies = [];
        var started = Stopwatch.GetTimestamp();
        while (!end.IsCompleted)
        {
            var append = FilledShard.Batch(Busy, writer.Head + 1, BatchSize, random);
            var due = Pace * latencies.Count;
            while (Stopwatch.GetElapsedTime(started) is var now && now < due)
            {
                await Task.Delay(due - now);
            }

            // From when it was due: a batch that waits for the one before waits as well.
            var outcome = (await writer.AppendAsync(append)).Outcome;
            FilledShard.Check(outcome == AppendOutcome.Durable, $"The log said {outcome}.");
            latencies.Add((Stopwatch.GetElapsedTime(started) - due).TotalMilliseconds);
        }

        return latencies;
    }
}
