using DChat.Abstractions.Grains;
using DChat.Abstractions.Messages;
using DChat.Abstractions.Streams;
using DChat.Core;
using DChat.Core.Shards;
using DChat.Core.Topics;
using Orleans.Streams;

namespace DChat.Client.Cluster;

/// <summary>The cluster behind an Orleans client, hosted in a silo or outside of one.</summary>
internal sealed class OrleansCluster(IClusterClient orleans) : ICluster
{
    private const int AnyAdmission = 0;

    public Task<NetworkDescription> DescribeAsync() => CallAsync(() => Admission.DescribeAsync());

    public Task<PublishReply> PublishAsync(PublishRequest request) => CallAsync(() => Admission.PublishAsync(request));

    public Task<ReadReply> ReadAsync(ShardAddress shard, LogPosition after, int maxCount) =>
        CallAsync(() => Shard(shard).ReadAsync(after, maxCount));

    public Task<ReadReply> FetchAsync(ShardAddress shard, TopicTag topic, LogPosition? after, int maxCount) =>
        CallAsync(() => Shard(shard).FetchAsync(topic, after, maxCount));

    public Task<LogPosition> GetHeadAsync(ShardAddress shard) => CallAsync(() => Shard(shard).GetHeadAsync());

    public Task<GatewayDescription[]> ListGatewaysAsync(string network) =>
        CallAsync(() => orleans.GetGrain<IGatewayDirectoryGrain>(GrainKeys.GatewayDirectory(network)).ListAsync());

    public Task<PeerSetReport?> DescribePeersAsync(string gateway) =>
        CallAsync(() => orleans.GetGrain<IPeerSetGrain>(GrainKeys.PeerSet(gateway)).DescribeAsync());

    public Task<IAsyncDisposable> SubscribeAsync(ShardAddress shard, Action<ShardBatch> onBatch) => CallAsync(async () =>
    {
        var stream = orleans.GetStreamProvider(ShardStreams.Provider)
            .GetStream<ShardBatch>(ShardStreams.Of(shard.Network, shard.Shard));
        var handle = await stream.SubscribeAsync((batch, _) =>
        {
            onBatch(batch);
            return Task.CompletedTask;
        }).ConfigureAwait(false);
        return (IAsyncDisposable)new Subscription(handle);
    });

    private IAdmissionGrain Admission => orleans.GetGrain<IAdmissionGrain>(AnyAdmission);

    private ISyncShardGrain Shard(ShardAddress shard) =>
        orleans.GetGrain<ISyncShardGrain>(GrainKeys.Shard(shard.Network, shard.Shard));

    private static async Task<T> CallAsync<T>(Func<Task<T>> call)
    {
        try
        {
            return await call().ConfigureAwait(false);
        }
        catch (Exception failure) when (GrainFaults.MayPass(failure))
        {
            throw new DChatException(
                DChatErrorCodes.SiloUnavailable, $"The cluster did not answer: {failure.Message}", isTransient: true, failure);
        }
    }

    private sealed class Subscription(StreamSubscriptionHandle<ShardBatch> handle) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync() => await CallAsync(async () =>
        {
            await handle.UnsubscribeAsync().ConfigureAwait(false);
            return true;
        }).ConfigureAwait(false);
    }
}
