using DChat.Core.Clocks;
using DChat.Core.Envelopes;
using DChat.Core.Identity;
using DChat.Core.Sealing;
using DChat.Core.Topics;

namespace DChat.Benchmarks.Backbone;

/// <summary>Distinct, sealed and signed envelopes of about 1 KiB, packed into batches of one shard each.</summary>
internal sealed class Corpus
{
    public const string Network = "dchat-bench";
    public const int ShardBits = 4;
    private const int TopicsPerShard = 4;

    private Corpus(IReadOnlyList<ShardBatch> batches) => Batches = batches;

    public IReadOnlyList<ShardBatch> Batches { get; }

    public int Count => Batches.Sum(batch => batch.Envelopes.Count);

    /// <summary>Seals <paramref name="count"/> messages on all cores; batches of <paramref name="batchSize"/> go round the shards.</summary>
    public static Corpus Create(int count, int batchSize, int shardBits = ShardBits)
    {
        var topics = TopicsByShard(shardBits);
        var batches = new ShardBatch[(count + batchSize - 1) / batchSize];
        var clock = new HybridLogicalClock(TimeProvider.System);
        Parallel.For(0, batches.Length, i =>
        {
            var shard = new ShardId((ushort)(i % topics.Length));
            using var device = DeviceSecret.Generate();
            using var sealer = new EnvelopeSealer(device, topics[shard.Value][i / topics.Length % TopicsPerShard]);
            var content = new byte[600];
            var envelopes = new ReadOnlyMemory<byte>[Math.Min(batchSize, count - (i * batchSize))];
            for (var j = 0; j < envelopes.Length; j++)
            {
                Random.Shared.NextBytes(content);
                envelopes[j] = sealer.Seal((ulong)j + 1, clock.Next(), RetentionClass.ThirtyDays, DateTimeOffset.UtcNow, content);
            }

            batches[i] = new ShardBatch(shard, EnvelopeBatch.Pack(envelopes));
        });
        return new Corpus(batches);
    }

    private static Topic[][] TopicsByShard(int shardBits)
    {
        var found = Enumerable.Range(0, 1 << shardBits).Select(_ => new List<Topic>()).ToArray();
        for (var i = 0; found.Any(topics => topics.Count < TopicsPerShard); i++)
        {
            var topic = Topic.Public(Network, $"bench-{i}");
            found[topic.Tag.ShardOf(shardBits).Value].Add(topic);
        }

        return [.. found.Select(topics => topics.ToArray())];
    }

    internal readonly record struct ShardBatch(ShardId Shard, EnvelopeBatch Envelopes);
}
