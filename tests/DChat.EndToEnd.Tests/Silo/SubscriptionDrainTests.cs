using DChat.Abstractions.Grains;
using DChat.Abstractions.Messages;
using DChat.Abstractions.Placement;
using DChat.Abstractions.Streams;
using DChat.Core.Topics;
using DChat.Feeds.Hosting;
using DChat.Silo.Hosting;
using DChat.Testing.Clusters;
using DChat.Testing.Messages;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Streams.PubSub;

namespace DChat.EndToEnd.Tests.Silo;

public sealed class SubscriptionDrainTests
{
    private static readonly ShardAddress Address = new(TestCluster.Network.Network, TestCluster.Network.ShardBits, new ShardId(3));

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_edge_gives_its_stream_subscriptions_back_before_it_stops()
    {
        await using var cluster = await TestCluster.StartAsync(
            silos: 2, silo => silo.Services.AddShardFeeds(), roles: [SiloRole.Core, SiloRole.Edge]);
        var edge = cluster.Orleans.Silos[1].ServiceProvider;
        var feeds = edge.GetRequiredService<IShardFeeds>();
        await using var envelopes = feeds.FollowAsync(new FeedRequest(Address), Cancel).GetAsyncEnumerator(Cancel);
        var next = envelopes.MoveNextAsync().AsTask();
        while (await CountSubscriptionsAsync(cluster) == 0)
        {
            Cancel.ThrowIfCancellationRequested();
        }

        // The cluster knows of the subscription before the edge does; what comes over it shows that the edge has it. One that is
        // still under way is given back later, when the answer comes.
        var message = Author.OfShard(Address.Shard.Value).Seal(1);
        await cluster.SiloClient.GetGrain<IAdmissionGrain>(0).PublishAsync(new PublishRequest(Address.Shard, message));
        Assert.True(await next);
        next = envelopes.MoveNextAsync().AsTask();

        await new SubscriptionDrain(feeds).StoppingAsync(Cancel);

        await Assert.ThrowsAnyAsync<Exception>(() => next);
        Assert.Equal(0, await CountSubscriptionsAsync(cluster));
    }

    private static async Task<int> CountSubscriptionsAsync(TestCluster cluster)
    {
        var streams = cluster.SiloClient.GetStreamProvider(ShardStreams.Provider);
        Assert.True(streams.TryGetStreamSubscriptionManager(out var subscriptions));
        return (await subscriptions.GetSubscriptions(
            ShardStreams.Provider, ShardStreams.Of(Address.Network, Address.Group))).Count();
    }
}
