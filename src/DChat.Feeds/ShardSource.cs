using DChat.Abstractions.Grains;
using DChat.Abstractions.Messages;
using DChat.Abstractions.Streams;
using DChat.Core.Envelopes;
using DChat.Core.Shards;
using DChat.Core.Topics;

namespace DChat.Feeds;

/// <summary>The log of a shard as the cluster serves it; of one topic alone when <paramref name="topic"/> is given.</summary>
internal sealed class ShardSource(IShardCluster cluster, ShardAddress shard, TopicTag? topic, RetryPolicy retry) : ILogSource
{
    public Task<LogPosition> GetHeadAsync(CancellationToken cancellationToken) =>
        retry.RunAsync(() => cluster.GetHeadAsync(shard), limit: null, cancellationToken);

    /// <summary>Where the shard stood some time ago, or earlier; <paramref name="ago"/> is asked for each attempt.</summary>
    public Task<LogPosition> GetPastHeadAsync(Func<TimeSpan> ago, CancellationToken cancellationToken) =>
        retry.RunAsync(() => cluster.GetPastHeadAsync(shard, ago()), limit: null, cancellationToken);

    public async Task<EnvelopeRange?> ReadAsync(LogPosition after, CancellationToken cancellationToken)
    {
        FeedInstruments.LogReads.Add(1);
        var reply = await retry.RunAsync(
            () => topic is { } tag
                ? cluster.FetchAsync(shard, tag, after, EnvelopeBatch.MaxCount)
                : cluster.ReadAsync(shard, after, EnvelopeBatch.MaxCount),
            limit: null,
            cancellationToken).ConfigureAwait(false);
        return reply.Status == ReadStatus.Ok ? EnvelopeRange.Of(after, reply) : null;
    }

    public Task PauseAsync(int attempt, CancellationToken cancellationToken) => retry.PauseAsync(attempt, cancellationToken);
}
