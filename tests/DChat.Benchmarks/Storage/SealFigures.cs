using System.Diagnostics;
using DChat.Benchmarks.Backbone;
using DChat.Core;
using DChat.Core.Clocks;
using DChat.Core.Envelopes;
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
    private const int BatchSize = 1_000;
    private const int MessageBytes = 1_024;
    private const int TopicsPerBatch = 100;
    private const int PageSize = 256;

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
            var (writer, open) = await FillAsync(log);
            var segments = await store.OpenAsync(Shard, term: 1, CancellationToken.None);
            List<IndexedMessage> list = [.. open.Snapshot().Messages];
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
        BenchmarkReport report, LocalShardLogOptions options, LocalShardLog log, List<IndexedMessage> list, SealedRoot sealedRoot)
    {
        var files = Directory.EnumerateFiles(Path.Combine(options.Directory, "segments"), "*", SearchOption.AllDirectories);
        report.Add("disk-bytes-per-message", (files.Sum(file => new FileInfo(file).Length) - sealedRoot.EnvelopeBytes) / (double)Messages, "B beside the envelope");

        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var started = Stopwatch.GetTimestamp();
        using var store = new LocalSegmentStore(options, log.Id);
        var segments = await store.OpenAsync(Shard, term: 1, CancellationToken.None);
        report.Add("open-sealed-1m", Stopwatch.GetElapsedTime(started).TotalMilliseconds, "ms");
        report.Add("resident-bytes-per-sealed-message", (GC.GetTotalMemory(forceFullCollection: true) - before) / (double)Messages, "B", "< 2");

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
        Check(read == sealedRoot.EnvelopeBytes, "What was read back is not all of it.");
        ReportLookups(report, told, list);
    }

    private static void ReportLookups(BenchmarkReport report, ISealedMessages told, List<IndexedMessage> list)
    {
        const int Lookups = 100_000;
        var random = new Random(2);
        var known = Enumerable.Range(0, Lookups).Select(_ => list[random.Next(list.Count)].Entry).ToArray();
        var unknown = known.Select(entry => entry with { Id = RandomId(random) }).ToArray();
        var started = Stopwatch.GetTimestamp();
        var passed = unknown.Count(entry => told.MayHold(entry));
        report.Add("filter-lookup", Stopwatch.GetElapsedTime(started).TotalNanoseconds / Lookups, "ns");
        report.Add("filter-false-positives", passed / (double)Lookups, "of unknown ids");
        started = Stopwatch.GetTimestamp();
        Check(known.All(entry => told.TryFind(entry, out _)), "A sealed message was not found.");
        report.Add("find-sealed", Stopwatch.GetElapsedTime(started).TotalMicroseconds / Lookups, "us");
    }

    private static async Task<(IShardLogWriter Writer, ShardIndex Open)> FillAsync(LocalShardLog log)
    {
        var writer = await log.OpenAsync(Shard, CancellationToken.None);
        var open = new ShardIndex(salt: 1);
        var random = new Random(1);
        var topic = new byte[TopicTag.Length];
        while (open.Count < Messages)
        {
            var entries = new IndexEntry[BatchSize];
            var envelopes = new byte[BatchSize * MessageBytes];
            random.NextBytes(envelopes);
            for (var i = 0; i < entries.Length; i++)
            {
                // Messages come a little out of the order of their clocks.
                var hlc = new HybridTimestamp(((ulong)(open.Count + i) << 16) + (ulong)random.Next(100 << 16));
                BitConverter.TryWriteBytes(topic, random.Next(TopicsPerBatch));
                entries[i] = new IndexEntry(RandomId(random), new TopicTag(topic), hlc, RetentionClass.ThirtyDays, MessageBytes, Door.Push);
            }

            var append = new ShardAppend(open.Head + 1, entries, new uint[BatchSize], envelopes);
            var (outcome, locations) = await writer.AppendAsync(append);
            Check(outcome == AppendOutcome.Durable, $"The log said {outcome}.");
            for (var i = 0; i < entries.Length; i++)
            {
                open.Append(entries[i], locations.Span[i]);
            }
        }

        return (writer, open);
    }

    private static MessageId RandomId(Random random)
    {
        Span<byte> id = stackalloc byte[MessageId.Length];
        random.NextBytes(id);
        return new MessageId(new Bytes32(id));
    }

    private static SealedRoot Require(SealResult result)
    {
        Check(result is { Segments.Count: 1, Holes.Count: 0 }, "Not everything was sealed.");
        return result.Segments[0];
    }

    private static void Check(bool holds, string what)
    {
        if (!holds)
        {
            throw new InvalidOperationException(what);
        }
    }
}
