using System.Diagnostics;
using System.Globalization;
using DChat.Core.Clocks;
using DChat.Core.Envelopes;
using DChat.Core.Shards;
using DChat.Core.Topics;
using DChat.Storage.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace DChat.Benchmarks.Backbone;

/// <summary>How long a node needs to serve a log of 1 KiB messages again whose writer was killed.</summary>
internal static class RecoveryFigures
{
    public const string FillCommand = "fill-log";
    private const int BatchSize = 1_000;
    private const int MessageBytes = 1_024;
    private const string Filled = "filled";

    public static async Task ReportAsync(BenchmarkReport report, string root, string name, int messages, string? goal = null)
    {
        var directory = Path.Combine(root, name);
        using (var writer = StartWriter(directory, messages))
        {
            var line = await writer.StandardOutput.ReadLineAsync();
            writer.Kill();
            await writer.WaitForExitAsync();
            if (line != Filled)
            {
                throw new InvalidOperationException($"The writer said '{line}'.");
            }
        }

        var (started, used) = (Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime);
        await using var services = Open(directory);
        var log = services.GetRequiredService<IShardLog>();
        var indexes = await Task.WhenAll(Enumerable.Range(0, 1 << Corpus.ShardBits).Select(shard => Task.Run(async () =>
        {
            var writer = await log.OpenAsync(new ShardId((ushort)shard), CancellationToken.None);
            return await writer.ReplayIndexAsync(sealedMessages: null, salt: 1, CancellationToken.None);
        })));
        var total = indexes.Sum(index => (long)index.Head);
        var elapsed = Stopwatch.GetElapsedTime(started).TotalSeconds;
        var processor = (Environment.CpuUsage.TotalTime - used).TotalSeconds;
        report.Add(name, total == messages ? elapsed : throw new InvalidOperationException($"{total} messages came back."), "s", goal);
        report.Add($"{name}-processor", processor, "s");
    }

    /// <summary>What the killed process does: fill the log, say so, wait for the end.</summary>
    public static async Task FillAsync(string directory, int messages)
    {
        await using var services = Open(directory);
        var log = services.GetRequiredService<IShardLog>();
        await Task.WhenAll(Enumerable.Range(0, 1 << Corpus.ShardBits).Select(shard => Task.Run(() => FillShardAsync(log, shard, messages))));
        Console.WriteLine(Filled);
        await Task.Delay(Timeout.InfiniteTimeSpan);
    }

    private static async Task FillShardAsync(IShardLog log, int shard, int messages)
    {
        var writer = await log.OpenAsync(new ShardId((ushort)shard), CancellationToken.None);
        var (count, next) = (messages >> Corpus.ShardBits, 1ul);
        var random = new Random(shard);
        var id = new byte[MessageId.Length];
        var topic = new byte[TopicTag.Length];
        topic[0] = (byte)(shard << (8 - Corpus.ShardBits));
        while (count > 0)
        {
            var entries = new IndexEntry[Math.Min(count, BatchSize)];
            count -= entries.Length;
            var envelopes = new byte[entries.Length * MessageBytes];
            random.NextBytes(envelopes);
            for (var i = 0; i < entries.Length; i++)
            {
                random.NextBytes(id);
                topic[^1] = (byte)i;
                entries[i] = new IndexEntry(
                    new MessageId(new Core.Bytes32(id)), new TopicTag(topic), new HybridTimestamp((ulong)i), RetentionClass.ThirtyDays, MessageBytes, Door.Push);
            }

            var (outcome, _) = await writer.AppendAsync(new ShardAppend(next, entries, new uint[entries.Length], envelopes));
            next += (ulong)entries.Length;
            if (outcome != AppendOutcome.Durable)
            {
                throw new InvalidOperationException($"The log said {outcome}.");
            }
        }
    }

    private static Process StartWriter(string directory, int messages)
    {
        var assembly = typeof(RecoveryFigures).Assembly.Location;
        var start = new ProcessStartInfo("dotnet", [assembly, FillCommand, directory, messages.ToString(CultureInfo.InvariantCulture)]) { RedirectStandardOutput = true };
        return Process.Start(start) ?? throw new InvalidOperationException("The writer did not start.");
    }

    private static ServiceProvider Open(string directory)
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddMetrics();
        services.AddLocalShardLog(options =>
        {
            options.Directory = directory;
            options.Network = Corpus.Network;
            options.ShardBits = Corpus.ShardBits;
        });
        return services.BuildServiceProvider();
    }
}
