using DChat.Abstractions.Grains;
using DChat.Abstractions.Messages;
using DChat.Client;
using DChat.Core.Envelopes;
using DChat.Core.Shards;
using DChat.Core.Topics;
using DChat.Testing.Processes;

namespace DChat.EndToEnd.Tests.Crash;

/// <summary>Everything the shards have, read from the shards themselves, and what must be true of it.</summary>
internal sealed class LogAudit
{
    private readonly List<LogRecord> _records = [];

    private LogAudit()
    {
    }

    /// <summary>How many messages there are.</summary>
    public int Count => _records.Count;

    public static async Task<LogAudit> ReadAsync(ExternalClient client, NetworkDescription network)
    {
        var audit = new LogAudit();
        for (var shard = 0; shard < 1 << network.ShardBits; shard++)
        {
            var id = new ShardId((ushort)shard);
            var grain = client.Orleans.GetGrain<ISyncShardGrain>(GrainKeys.Shard(network.Network, id));
            audit._records.AddRange(await ReadShardAsync(grain, id));
        }

        return audit;
    }

    /// <summary>The positions of a shard's messages, in order.</summary>
    public IReadOnlyList<(LogPosition Position, MessageId Id)> Of(ShardId shard) =>
        [.. _records.Where(record => record.Shard == shard).Select(record => (record.Position, record.Id))];

    /// <summary>The positions of a topic's messages, in order.</summary>
    public IReadOnlyList<(LogPosition Position, MessageId Id)> Of(Topic topic) =>
        [.. _records.Where(record => record.Topic == topic.Tag).Select(record => (record.Position, record.Id))];

    /// <summary>The sequences of every shard and every topic are 1, 2, 3 and so on.</summary>
    public void AssertDense()
    {
        foreach (var shard in _records.GroupBy(record => record.Shard))
        {
            Assert.Equal(Enumerable.Range(1, shard.Count()).Select(i => (ulong)i), shard.Select(record => record.Position.Sequence));
        }

        foreach (var topic in _records.GroupBy(record => record.Topic))
        {
            Assert.Equal(Enumerable.Range(1, topic.Count()).Select(i => (ulong)i), topic.Select(record => record.TopicSequence));
        }
    }

    /// <summary>
    /// Every acknowledged message stands once, where it was acknowledged; and where all were acknowledged in the end, on
    /// the first try or a later one, nothing else stands there.
    /// </summary>
    public void AssertHoldsExactly(IEnumerable<(MessageId Id, ulong Sequence, ulong TopicSequence)> acknowledged) =>
        Assert.Equal(
            acknowledged.OrderBy(message => message.Id),
            _records.Select(record => (record.Id, record.Position.Sequence, record.TopicSequence)).OrderBy(record => record.Id));

    /// <summary>The SDK fetches every acknowledged message with its content and its position, in order.</summary>
    public static async Task AssertFetchedAsync(IDChatClient client, Workload workload, CancellationToken cancellationToken)
    {
        foreach (var topic in workload.Topics)
        {
            var fetched = new List<(MessageId, LogPosition, string)>();
            FetchPage? page = null;
            do
            {
                page = await client.FetchAsync(topic, page?.Next, cancellationToken: cancellationToken);
                fetched.AddRange(page.Messages.Select(message => (message.MessageId, message.Position, message.GetText())));
            }
            while (page.HasMore);

            var published = workload.Acknowledged.Where(message => message.Topic == topic)
                .Select(message => (message.Receipt.MessageId, message.Receipt.Position, message.Text));
            Assert.Equal(published.OrderBy(message => message.Position.Sequence), fetched);
        }
    }

    private static async Task<List<LogRecord>> ReadShardAsync(ISyncShardGrain grain, ShardId shard)
    {
        var records = new List<LogRecord>();
        while (true)
        {
            var reply = await grain.ReadAsync(records.LastOrDefault()?.Position ?? default, EnvelopeBatch.MaxCount);
            if (reply.Envelopes.Count == 0)
            {
                Assert.Equal(reply.Head.Sequence, (ulong)records.Count);
                return records;
            }

            records.AddRange(reply.Envelopes.Envelopes.Select((envelope, index) =>
            {
                Assert.Equal(RejectionCode.None, Envelope.TryRead(envelope.Span, out var view));
                return new LogRecord(
                    shard,
                    new LogPosition(reply.Head.Log, reply.Sequences[index]),
                    view.TopicTag,
                    reply.TopicSequences[index],
                    MessageId.Compute(envelope.Span));
            }));
        }
    }

    private sealed record LogRecord(ShardId Shard, LogPosition Position, TopicTag Topic, ulong TopicSequence, MessageId Id);
}
