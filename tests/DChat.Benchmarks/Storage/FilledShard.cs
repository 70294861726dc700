using DChat.Core;
using DChat.Core.Clocks;
using DChat.Core.Envelopes;
using DChat.Core.Shards;
using DChat.Core.Topics;
using DChat.Storage.Log.Local;

namespace DChat.Benchmarks.Storage;

/// <summary>A shard with many open messages of 1 KiB, as one has at the end of an epoch.</summary>
internal static class FilledShard
{
    public const int MessageBytes = 1_024;

    private const int BatchSize = 1_000;
    private const int Topics = 100;

    /// <summary>Fills a shard of a new log.</summary>
    /// <param name="log">The log; the shard is its first, or one of the first half.</param>
    /// <param name="shard">The shard.</param>
    /// <param name="messages">How many messages, thousands.</param>
    public static async Task<(IShardLogWriter Writer, ShardIndex Open)> CreateAsync(LocalShardLog log, ShardId shard, int messages)
    {
        var writer = await log.OpenAsync(shard, CancellationToken.None);
        var open = new ShardIndex(salt: 1);
        var random = new Random(1);
        while (open.Count < messages)
        {
            var append = Batch(shard, open.Head + 1, BatchSize, random);
            var (outcome, locations) = await writer.AppendAsync(append);
            Check(outcome == AppendOutcome.Durable, $"The log said {outcome}.");
            for (var i = 0; i < append.Entries.Count; i++)
            {
                open.Append(append.Entries[i], locations.Span[i]);
            }
        }

        return (writer, open);
    }

    /// <summary>The next messages, a little out of the order of their clocks.</summary>
    public static ShardAppend Batch(ShardId shard, ulong first, int count, Random random)
    {
        var entries = new IndexEntry[count];
        var envelopes = new byte[count * MessageBytes];
        random.NextBytes(envelopes);
        var topic = new byte[TopicTag.Length];
        for (var i = 0; i < count; i++)
        {
            // With one bit of shard at most, the top bit of a topic tells it.
            topic[0] = (byte)((shard.Value << 7) | random.Next(Topics));
            var hlc = new HybridTimestamp(((first + (ulong)i) << 16) + (ulong)random.Next(100 << 16));
            entries[i] = new IndexEntry(RandomId(random), new TopicTag(topic), hlc, RetentionClass.ThirtyDays, MessageBytes, Door.Push);
        }

        return new ShardAppend(first, entries, new uint[count], envelopes);
    }

    public static MessageId RandomId(Random random)
    {
        Span<byte> id = stackalloc byte[MessageId.Length];
        random.NextBytes(id);
        return new MessageId(new Bytes32(id));
    }

    public static void Check(bool holds, string what)
    {
        if (!holds)
        {
            throw new InvalidOperationException(what);
        }
    }
}
