using System.Security.Cryptography;
using DChat.Core.Clocks;
using DChat.Core.Envelopes;
using DChat.Core.Shards;
using DChat.Core.Topics;

namespace DChat.Benchmarks.Backbone;

/// <summary>What a million messages of the open set cost in memory, measured on the heap and not by the index's own word.</summary>
internal static class IndexFigures
{
    private const int Messages = 1_000_000;
    private const int Topics = 1_000;

    public static void Report(BenchmarkReport report)
    {
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var index = new ShardIndex((ulong)Random.Shared.NextInt64());
        Span<byte> bytes = stackalloc byte[MessageId.Length];
        for (var i = 0; i < Messages; i++)
        {
            BitConverter.TryWriteBytes(bytes, i);
            SHA256.HashData(bytes[..4], bytes);
            var id = new MessageId(new Core.Bytes32(bytes));
            BitConverter.TryWriteBytes(bytes, i % Topics);
            bytes[4..].Clear();
            index.Append(new IndexEntry(id, new TopicTag(bytes[..16]), new HybridTimestamp((ulong)i), RetentionClass.ThirtyDays, 1024, Door.Push), (ulong)i);
        }

        var after = GC.GetTotalMemory(forceFullCollection: true);
        report.Add("index-bytes-per-message", (after - before) / (double)Messages, "B", "<= 100");
        GC.KeepAlive(index);
    }
}
