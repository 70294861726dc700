using System.Diagnostics;
using DChat.Core.Reconciliation;

namespace DChat.Benchmarks.Sync;

/// <summary>The index of a million messages: to build it, to have it, and to keep it up together with its sketch.</summary>
internal static class IndexFigures
{
    private const int SketchLength = 8_192;

    /// <summary>Messages come a little out of the order of their clocks.</summary>
    private const int Disorder = 300;

    public static void Report(BenchmarkReport report, int rounds)
    {
        var items = SyncCorpus.Items(SyncSuite.Messages);
        var random = new Random(3);
        var arrival = items.Select((item, i) => (item, At: i + random.Next(Disorder))).OrderBy(pair => pair.At).Select(pair => pair.item).ToArray();
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var list = SyncCorpus.ListOf(arrival);
        var listed = GC.GetTotalMemory(forceFullCollection: true);
        var (builds, inserts) = (new double[rounds], new double[rounds]);
        for (var round = -1; round < rounds; round++)
        {
            var started = Stopwatch.GetTimestamp();
            var built = SetIndex.Build(list, items.Length);
            builds[Math.Max(round, 0)] = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
            GC.KeepAlive(built);

            var (index, sketch) = (new SetIndex(list), new RatelessSketch(new SketchKey(1, 2), SketchLength));
            started = Stopwatch.GetTimestamp();
            for (var i = 0; i < arrival.Length; i++)
            {
                index.Add((uint)i);
                sketch.Add(arrival[i].Id);
            }

            inserts[Math.Max(round, 0)] = Stopwatch.GetElapsedTime(started).TotalNanoseconds / arrival.Length;
            GC.KeepAlive(index);
        }

        report.Add("index-build-1m", Quantiles.Median(builds), "ms");
        report.Add("insert-with-sketch", Quantiles.Median(inserts), "ns");

        var grown = new SetIndex(list);
        var without = GC.GetTotalMemory(forceFullCollection: true);
        for (var i = 0; i < arrival.Length; i++)
        {
            grown.Add((uint)i);
        }

        var used = (GC.GetTotalMemory(forceFullCollection: true) - without) / (double)arrival.Length;
        report.Add("index-bytes-per-message", used, "B");
        report.Add("index-and-items-bytes", used + ((listed - before) / (double)arrival.Length), "B/message", "<= 60");
        GC.KeepAlive(grown);
        GC.KeepAlive(list);
    }
}
