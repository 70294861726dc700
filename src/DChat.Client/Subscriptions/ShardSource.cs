using DChat.Abstractions.Messages;
using DChat.Client.Cluster;
using DChat.Client.Telemetry;
using DChat.Core.Shards;
using DChat.Core.Topics;

namespace DChat.Client.Subscriptions;

/// <summary>The log of a shard as the cluster serves it; of one topic alone when <paramref name="topic"/> is given.</summary>
internal sealed class ShardSource(ICluster cluster, ShardAddress shard, TopicTag? topic, RetryPolicy retry) : ILogSource
{
    public Task<LogPosition> GetHeadAsync(CancellationToken cancellationToken) =>
        retry.RunAsync(() => cluster.GetHeadAsync(shard), limit: null, cancellationToken);

    public async Task<EnvelopeRange?> ReadAsync(LogPosition after, CancellationToken cancellationToken)
    {
        ClientInstruments.LogReads.Add(1);
        var reply = await retry.RunAsync(
            () => topic is { } tag
                ? cluster.FetchAsync(shard, tag, after, FetchPage.MaxMessages)
                : cluster.ReadAsync(shard, after, FetchPage.MaxMessages),
            limit: null,
            cancellationToken).ConfigureAwait(false);
        return reply.Status == ReadStatus.Ok ? EnvelopeRange.Of(after, reply) : null;
    }

    public Task PauseAsync(int attempt, CancellationToken cancellationToken) => retry.PauseAsync(attempt, cancellationToken);
}
