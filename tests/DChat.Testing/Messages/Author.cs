using DChat.Abstractions.Grains;
using DChat.Core.Clocks;
using DChat.Core.Envelopes;
using DChat.Core.Identity;
using DChat.Core.Sealing;
using DChat.Core.Topics;
using DChat.Testing.Clusters;

namespace DChat.Testing.Messages;

/// <summary>A device that seals real messages for one topic.</summary>
public sealed class Author
{
    private readonly EnvelopeSealer _sealer;
    private readonly HybridLogicalClock _clock;
    private readonly TimeProvider _time;
    private ulong _sequence;

    public Author(Topic topic, TimeProvider? time = null)
    {
        Topic = topic;
        _time = time ?? TimeProvider.System;
        _clock = new HybridLogicalClock(_time);
        _sealer = new EnvelopeSealer(DeviceSecret.Generate(), topic);
    }

    public Topic Topic { get; }

    public ShardId Shard => Topic.Tag.ShardOf(TestCluster.Network.ShardBits);

    public string ShardKey => GrainKeys.Shard(TestCluster.Network.Network, Shard);

    /// <summary>An author on a public topic of the test network that lies in the shard.</summary>
    /// <param name="shard">The shard.</param>
    /// <param name="number">Tells several topics of one shard apart.</param>
    /// <param name="time">The author's clock.</param>
    public static Author OfShard(int shard, int number = 0, TimeProvider? time = null)
    {
        for (var i = 0; ; i++)
        {
            var topic = Topic.Public(TestCluster.Network.Network, $"topic-{number}-{i}");
            if (topic.Tag.ShardOf(TestCluster.Network.ShardBits).Value == shard)
            {
                return new Author(topic, time);
            }
        }
    }

    public EnvelopeBatch Seal(int count, int contentLength = 20) =>
        EnvelopeBatch.Pack([.. Enumerable.Range(0, count).Select(_ => (ReadOnlyMemory<byte>)SealOne(new byte[contentLength]))]);

    public byte[] SealOne(ReadOnlySpan<byte> content) =>
        _sealer.Seal(++_sequence, _clock.Next(), RetentionClass.ThirtyDays, _time.GetUtcNow(), content);
}
