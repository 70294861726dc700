using System.Diagnostics;
using DChat.Benchmarks.Backbone;

namespace DChat.Benchmarks.Sync;

/// <summary>
/// Relays in this process that reconcile over TCP, each with its own log on disk: sessions, admission with one signature a message, and group
/// commits, with 1 KiB envelopes. What is missing is scattered over time and over 16 shards.
/// </summary>
internal static class RelayFigures
{
    private const int Shared = 20_000;
    private const int Missing = 1_000;
    private const int Relays = 5;
    private const int PerRelay = 2_000;
    private const int IdLength = 32;

    public static async Task ReportAsync(BenchmarkReport report, int rounds)
    {
        await ReportPairAsync(report, rounds);
        await ReportConvergenceAsync(report);
    }

    private static async Task ReportPairAsync(BenchmarkReport report, int rounds)
    {
        var corpus = Shuffled(Shared + ((rounds + 1) * Missing));
        var relays = await SyncRelay.StartAsync(2);
        await using var ours = relays[0];
        await using var theirs = relays[1];
        await Task.WhenAll(ours.AppendAsync(corpus[..Shared]), theirs.AppendAsync(corpus[..Shared]));

        List<double> times = [], finding = [], transfer = [];
        for (var round = 0; round <= rounds; round++)
        {
            await theirs.AppendAsync(corpus.AsSpan(Shared + (round * Missing), Missing).ToArray());
            await Task.Delay(TimeSpan.FromMilliseconds(50));
            var run = (await ours.RunAsync())[0];
            if (run.Fault is not null || run.Shards.Sum(shard => shard.Pulled) != Missing || run.EqualAt != run.RanAt)
            {
                throw new InvalidOperationException($"{run.Shards.Sum(shard => shard.Pulled)} of {Missing} messages came: {run.Fault}");
            }

            // The first is not counted: the runtime compiles.
            if (round > 0)
            {
                times.Add(run.Duration.TotalMilliseconds);
                finding.Add(run.Shards.Sum(shard => shard.FindingBytes));
                transfer.Add(run.Shards.Sum(shard => shard.TransferBytes));
            }
        }

        report.Add("sync-1000-end-to-end", Quantiles.Median(times), "ms", "< 300");
        report.Add("sync-1000-end-to-end-finding-bytes", Quantiles.Median(finding), "B", peer: "1,000 ids", ratio: Quantiles.Median(finding) / (Missing * IdLength));
        report.Add("sync-1000-end-to-end-transfer-bytes", Quantiles.Median(transfer), "B");

        var equal = (await ours.RunAsync())[0];
        report.Add("sync-equal-16-shards", equal.Duration.TotalMilliseconds, "ms");
        report.Add("sync-equal-16-shards-bytes", equal.Shards.Sum(shard => shard.FindingBytes), "B");
    }

    /// <summary>Five relays that have named each other come back from a partition in which each has taken 2,000 messages of 10,000.</summary>
    private static async Task ReportConvergenceAsync(BenchmarkReport report)
    {
        var corpus = Shuffled(Relays * PerRelay);
        var relays = await SyncRelay.StartAsync(Relays);
        try
        {
            await Task.WhenAll(relays.Select((relay, number) => relay.AppendAsync(corpus[(number * PerRelay)..((number + 1) * PerRelay)])));
            await Task.Delay(TimeSpan.FromMilliseconds(50));
            var started = Stopwatch.GetTimestamp();
            var runs = 0;
            bool isEqual;
            do
            {
                var told = await Task.WhenAll(relays.Select(relay => relay.RunAsync()));
                isEqual = told.SelectMany(each => each).All(run => run.EqualAt == run.RanAt && run.Shards.All(shard => shard.Needs + shard.Haves == 0));
                runs++;
            }
            while (!isEqual);

            report.Add("converge-5-relays", Stopwatch.GetElapsedTime(started).TotalSeconds, "s");
            report.Add("converge-5-relays-runs", runs, "runs each");
        }
        finally
        {
            foreach (var relay in relays)
            {
                await relay.DisposeAsync();
            }
        }
    }

    private static ReadOnlyMemory<byte>[] Shuffled(int count)
    {
        var envelopes = Corpus.Create(count, batchSize: 100).Batches.SelectMany(batch => batch.Envelopes.Envelopes).ToArray();
        new Random(1).Shuffle(envelopes);
        return envelopes;
    }
}
