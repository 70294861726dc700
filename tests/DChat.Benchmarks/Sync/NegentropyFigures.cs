using System.Diagnostics;
using DChat.Core;
using DChat.Core.Reconciliation;

namespace DChat.Benchmarks.Sync;

/// <summary>Negentropy v1 among a million messages, both sides on one thread, without frame limits.</summary>
internal static class NegentropyFigures
{
    private const int Few = 1_000;
    private const int Many = 10_000;

    public static void Report(BenchmarkReport report, int rounds)
    {
        var items = SyncCorpus.Items(SyncSuite.Messages);
        var whole = SyncCorpus.Snapshot(items);
        var scattered = Measure(rounds, SyncCorpus.Scattered(items, Few), Few);
        report.Add("negentropy-1000-of-1m", scattered.Milliseconds, "ms", "< 60");
        AddBytes(report, "negentropy-1000-of-1m-bytes", scattered, Few / 2, Few / 2);
        report.Add("negentropy-1000-of-1m-rounds", scattered.Rounds, "round trips", "<= 3");

        var many = Measure(rounds, SyncCorpus.Scattered(items, Many), Many);
        report.Add("10k-of-1m", many.Milliseconds, "ms");
        AddBytes(report, "10k-of-1m-bytes", many, Many / 2, Many / 2);

        AddBytes(report, "newest-1000-bytes", Run(SyncCorpus.Snapshot(items[..^Few]), whole, Few), Few, 0);
        AddBytes(report, "one-of-1m-bytes", Run(SyncCorpus.Snapshot([.. items[..400_000], .. items[400_001..]]), whole, 1), 1, 0);
        AddBytes(report, "identical-bytes", Run(whole, whole, 0), 0, 0);
    }

    private static void AddBytes(BenchmarkReport report, string name, Session session, int needs, int haves)
    {
        var bound = SyncCorpus.BoundBytes(needs, haves, SyncSuite.Messages);
        report.Add(name, session.Bytes, "B", null, $"information bound {bound:N0} B", bound > 0 ? session.Bytes / bound : null);
    }

    private static Session Measure(int rounds, (SetItem[] Left, SetItem[] Right) sets, int differences)
    {
        var (left, right) = (SyncCorpus.Snapshot(sets.Left), SyncCorpus.Snapshot(sets.Right));
        var session = Run(left, right, differences);
        var times = Enumerable.Range(0, rounds).Select(_ => Run(left, right, differences).Milliseconds).ToArray();
        return session with { Milliseconds = Quantiles.Median(times) };
    }

    private static Session Run(SetSnapshot left, SetSnapshot right, int differences)
    {
        var found = new Counter();
        var started = Stopwatch.GetTimestamp();
        var options = new NegentropyOptions { Salt = 7 };
        var (initiator, responder) = (new NegentropyInitiator(left, options, found), new NegentropyResponder(right, options));
        var message = initiator.Initiate();
        while (initiator.TryContinue(responder.Answer(message.Span).Span, out message))
        {
        }

        var elapsed = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
        return found.Count == differences
            ? new Session(elapsed, responder.Bytes, responder.Rounds)
            : throw new InvalidOperationException($"{found.Count} differences were found instead of {differences}.");
    }

    private sealed record Session(double Milliseconds, long Bytes, int Rounds);

    private sealed class Counter : IDifferences
    {
        public int Count { get; private set; }

        public void Have(SetItem item) => Count++;

        public void Need(Bytes32 id) => Count++;
    }
}
