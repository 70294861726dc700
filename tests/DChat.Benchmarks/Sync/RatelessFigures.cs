using System.Diagnostics;
using DChat.Core.Reconciliation;

namespace DChat.Benchmarks.Sync;

/// <summary>A thousand differences in a million by rateless IBLT, both sides on one thread: from cached sketches to the ids.</summary>
internal static class RatelessFigures
{
    private const int Differences = 1_000;
    private const int CachedLength = 8_192;

    public static void Report(BenchmarkReport report, int rounds)
    {
        var items = SyncCorpus.Items(SyncSuite.Messages);
        var (times, bytes, batches) = (new double[rounds], new double[rounds], new double[rounds]);
        for (var round = -1; round < rounds; round++)
        {
            var (left, right) = SyncCorpus.Scattered(items, Differences, seed: 10 + round);
            var key = new SketchKey(5, (ulong)round);
            var (ours, theirs) = (SketchOf(left, key), SketchOf(right, key));
            var (ourSet, theirSet) = (SyncCorpus.Snapshot(left), SyncCorpus.Snapshot(right));
            var started = Stopwatch.GetTimestamp();
            var (decoder, asked) = Decode(new RatelessEncoder(ourSet, key, ours), new RatelessEncoder(theirSet, key, theirs), key);
            times[Math.Max(round, 0)] = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
            bytes[Math.Max(round, 0)] = decoder.Count * CodedSymbol.Length;
            batches[Math.Max(round, 0)] = asked;
            if (decoder is not { Outcome: RatelessOutcome.Decoded, Haves.Count: Differences / 2, Needs.Count: Differences / 2 })
            {
                throw new InvalidOperationException("What was measured is not the same work.");
            }
        }

        var bound = SyncCorpus.BoundBytes(Differences / 2, Differences / 2, items.Length);
        var median = Quantiles.Median(bytes);
        report.Add("riblt-1000-of-1m", Quantiles.Median(times), "ms", "< 20");
        report.Add("riblt-1000-of-1m-bytes", median, "B", "<= 65536", $"information bound {bound:N0} B", median / bound);
        report.Add("riblt-1000-of-1m-batches", Quantiles.Median(batches), "batches", "<= 3");
    }

    private static (RatelessDecoder Decoder, int Batches) Decode(RatelessEncoder ours, RatelessEncoder theirs, SketchKey key)
    {
        var decoder = new RatelessDecoder(key);
        var batches = 0;
        for (; decoder.Outcome == RatelessOutcome.NeedsMore; batches++)
        {
            var count = decoder.NextBatch(countDifference: 0);
            var wire = new byte[count * CodedSymbol.Length];
            var symbols = theirs.Produce(decoder.Count, count);
            for (var i = 0; i < count; i++)
            {
                symbols[i].Write(wire.AsSpan(i * CodedSymbol.Length));
            }

            decoder.Take(wire, ours.Produce(decoder.Count, count));
        }

        return (decoder, batches);
    }

    private static RatelessSketch SketchOf(SetItem[] items, SketchKey key)
    {
        var sketch = new RatelessSketch(key, CachedLength);
        foreach (ref readonly var item in items.AsSpan())
        {
            sketch.Add(item.Id);
        }

        return sketch;
    }
}
