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
/// A shard with a million open messages of 1 KiB seals them into one segment; then what that costs on the disk and in memory, how long a
/// new process needs to open it, and how fast a cursor goes through it.
/// </summary>
internal static class SealFigures
{
    private const int Messages = 1_000_000;
    private const int PageSize = 256;

    // So many at once that whatever else comes and goes on the heap is small beside them.
    private const int OpenStores = 32;

    private static readonly ShardId Shard = new(0);

    public static async Task ReportAsync(BenchmarkReport report, string root, int rounds)
    {
        var seals = new double[rounds];
        var processor = new double[rounds];
        for (var round = 0; round < rounds; round++)
        {
            var options = new LocalShardLogOptions { Directory = Path.Combine(root, $"seal-{round}"), Network = Corpus.Network, ShardBits = 0 };
            await using var log = LocalShardLog.Open(options);
            using var store = new LocalSegmentStore(options, log.Id);
            var (writer, open) = await FilledShard.CreateAsync(log, Shard, Messages);
            var segments = await store.OpenAsync(Shard, term: 1, CancellationToken.None);
            var list = open.Snapshot().OlderThan(new HybridTimestamp(ulong.MaxValue));
            var (started, used) = (Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime);
            var sealedRoot = Require(await segments.SealAsync(new EpochId(1), list, writer, CancellationToken.None));
            seals[round] = Stopwatch.GetElapsedTime(started).TotalSeconds;
            processor[round] = (Environment.CpuUsage.TotalTime - used).TotalSeconds;
            if (round == rounds - 1)
            {
                report.Add("seal-1m", Quantiles.Median(seals), "s");
                report.Add("seal-1m-processor", Quantiles.Median(processor), "s");
                await ReportSealedAsync(report, options, log, list, sealedRoot);
            }
        }
    }

    private static async Task ReportSealedAsync(
        BenchmarkReport report, LocalShardLogOptions options, LocalShardLog log, IReadOnlyList<IndexedMessage> list, SealedRoot sealedRoot)
    {
        var files = Directory.EnumerateFiles(Path.Combine(options.Directory, "segments"), "*", SearchOption.AllDirectories);
        report.Add("disk-bytes-per-message", (files.Sum(file => new FileInfo(file).Length) - sealedRoot.EnvelopeBytes) / (double)Messages, "B beside the envelope");

        report.Add("resident-bytes-per-sealed-message", await ResidentBytesAsync(options, log.Id) / Messages, "B", "< 2");
        var started = Stopwatch.GetTimestamp();
        using var store = new LocalSegmentStore(options, log.Id);
        var segments = await store.OpenAsync(Shard, term: 1, CancellationToken.None);
        report.Add("open-sealed-1m", Stopwatch.GetElapsedTime(started).TotalMilliseconds, "ms");

        var told = segments.Sealed;
        started = Stopwatch.GetTimestamp();
        var read = 0L;
        for (var after = 0ul; after < told.LastSequence;)
        {
            var page = told.After(after, PageSize);
            read += told.Read(page).Bytes.Length;
            after = page[^1].Sequence;
        }

        report.Add("read-sealed", Messages / Stopwatch.GetElapsedTime(started).TotalSeconds, "messages/s");
        FilledShard.Check(read == sealedRoot.EnvelopeBytes, "What was read back is not all of it.");
        ReportLookups(report, told, list);
    }

    /// <summary>What one open segment keeps on the heap, all of the store included.</summary>
    private static async Task<double> ResidentBytesAsync(LocalShardLogOptions options, LogId log)
    {
        // One before: what is made once and stays is not counted.
        var stores = new List<LocalSegmentStore>(OpenStores + 1) { new(options, log) };
        await stores[0].OpenAsync(Shard, term: 1, CancellationToken.None);
        var before = Settled();
        for (var i = 0; i < OpenStores; i++)
        {
            stores.Add(new LocalSegmentStore(options, log));
            await stores[^1].OpenAsync(Shard, term: 1, CancellationToken.None);
        }

        var bytes = Settled() - before;
        stores.ForEach(store => store.Dispose());
        return bytes / (double)OpenStores;
    }

    private static long Settled()
    {
        // Twice, since pools of arrays let go of what they hold at the end of a collection.
        for (var i = 0; i < 2; i++)
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            GC.WaitForPendingFinalizers();
        }

        return GC.GetTotalMemory(forceFullCollection: true);
    }

    private static void ReportLookups(BenchmarkReport report, ISealedMessages told, IReadOnlyList<IndexedMessage> list)
    {
        const int Lookups = 100_000;
        var random = new Random(2);
        var known = Enumerable.Range(0, Lookups).Select(_ => list[random.Next(list.Count)].Entry).ToArray();
        var unknown = known.Select(entry => entry with { Id = FilledShard.RandomId(random) }).ToArray();
        var started = Stopwatch.GetTimestamp();
        var passed = unknown.Count(entry => told.MayHold(entry));
        report.Add("filter-lookup", Stopwatch.GetElapsedTime(started).TotalNanoseconds / Lookups, "ns");
        report.Add("filter-false-positives", passed / (double)Lookups, "of unknown ids");
        started = Stopwatch.GetTimestamp();
        FilledShard.Check(known.All(entry => told.TryFind(entry, out _)), "A sealed message was not found.");
        report.Add("find-sealed", Stopwatch.GetElapsedTime(started).TotalMicroseconds / Lookups, "us");
    }

    private static SealedRoot Require(SealResult result)
    {
        FilledShard.Check(result is { Segments.Count: 1, Holes.Count: 0 }, "Not everything was sealed.");
        return result.Segments[0];
    }
}
