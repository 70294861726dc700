using DChat.Abstractions.Grains;
using DChat.Abstractions.Messages;
using DChat.Abstractions.Streams;
using DChat.Core.Shards;
using DChat.Core.Topics;
using Orleans.Streams;

namespace DChat.Feeds;

/// <summary>The cluster behind an Orleans client, hosted in a silo or outside of one.</summary>
internal sealed class OrleansShardCluster(IClusterClient orleans) : IShardCluster
{
    public Task<ReadReply> ReadAsync(ShardAddress shard, LogPosition after, int maxCount) =>
        GrainFaults.TranslateAsync(() => Shard(shard).ReadAsync(after, maxCount));

    public Task<ReadReply> FetchAsync(ShardAddress shard, TopicTag topic, LogPosition? after, int maxCount) =>
        GrainFaults.TranslateAsync(() => Shard(shard).FetchAsync(topic, after, maxCount));

    public Task<LogPosition> GetHeadAsync(ShardAddress shard) => GrainFaults.TranslateAsync(() => Shard(shard).GetHeadAsync());

    public Task<LogPosition> GetPastHeadAsync(ShardAddress shard, TimeSpan ago) =>
        GrainFaults.TranslateAsync(() => Shard(shard).GetPastHeadAsync(ago));

    public Task<IGrantedSubscription> SubscribeAsync(string network, int group, Action<ShardItem> onItem, Action<Exception> onFault) =>
        GrainFaults.TranslateAsync<IGrantedSubscription>(async () =>
        {
            var stream = orleans.GetStreamProvider(ShardStreams.Provider).GetStream<ShardItem>(ShardStreams.Of(network, group));
            var handle = await stream.SubscribeAsync(
                (item, _) =>
                {
                    onItem(item);
                    return Task.CompletedTask;
                },
                failure =>
                {
                    onFault(failure);
                    return Task.CompletedTask;
                }).ConfigureAwait(false);
            return new Subscription(stream, handle);
        });

    private ISyncShardGrain Shard(ShardAddress shard) =>
        orleans.GetGrain<ISyncShardGrain>(GrainKeys.Shard(shard.Network, shard.Shard));

    private sealed class Subscription(IAsyncStream<ShardItem> stream, StreamSubscriptionHandle<ShardItem> handle) : IGrantedSubscription
    {
        public Task<bool> IsKnownAsync() => GrainFaults.TranslateAsync(async () =>
        {
            var known = await stream.GetAllSubscriptionHandles().ConfigureAwait(false);
            return known.Any(each => each.HandleId == handle.HandleId);
        });

        public async ValueTask DisposeAsync() => await GrainFaults.TranslateAsync(async () =>
        {
            await handle.UnsubscribeAsync().ConfigureAwait(false);
            return true;
        }).ConfigureAwait(false);
    }
}
