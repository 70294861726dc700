using DChat.Abstractions.Streams;
using DChat.Client.Tests.Fakes;
using DChat.Core.Shards;
using DChat.Core.Topics;
using DChat.Feeds;
using Microsoft.Extensions.Logging.Abstractions;

namespace DChat.Client.Tests.Feeds;

/// <content>Subscriptions that Orleans has given up, and shards that cannot answer.</content>
public sealed partial class ShardFeedTests
{
    [Fact]
    public async Task A_faulted_subscription_is_given_back_and_made_anew_and_what_it_missed_is_read()
    {
        await using var feeds = new ShardFeeds(_cluster, Patient, changes: null, _time, NullLogger<ShardFeeds>.Instance);
        await using var subscription = feeds.Subscribe(Request);
        await LiveAsync(subscription);

        _cluster.FaultSubscriptionsMade();
        Shard.Append([1]);

        await _time.UntilAsync(subscription.Inbox.TakeAsync(Start, Token).AsTask(), Step);
        Assert.Equal((1, 2), (_cluster.SubscriberCount, _cluster.SubscriptionsMade));
    }

    [Fact]
    public async Task A_subscription_that_faults_again_and_again_is_made_anew_with_ever_longer_pauses()
    {
        _cluster.FaultsSubscriptions = true;
        await using var feeds = new ShardFeeds(_cluster, Patient, changes: null, _time, NullLogger<ShardFeeds>.Instance);
        var start = _time.GetTimestamp();
        await using var subscription = feeds.Subscribe(Request);

        await _time.UntilAsync(() => _cluster.SubscriptionsMade >= 9, TimeSpan.FromMilliseconds(5));

        // Half of 50, 100, 200, 400, 800, 1600, 2000 and 2000 ms.
        Assert.True(_time.GetElapsedTime(start) >= TimeSpan.FromMilliseconds(3575), $"{_time.GetElapsedTime(start)}");
    }

    [Fact]
    public async Task A_shard_that_cannot_tell_its_head_ends_its_own_followers_and_no_others_of_its_group()
    {
        var cluster = new FakeCluster { ShardBits = 5 };
        await using var feeds = new ShardFeeds(cluster, Patient, cluster, _time, NullLogger<ShardFeeds>.Instance);
        await using var good = feeds.Subscribe(Of(0));
        await using var bad = feeds.Subscribe(Of(1));
        await LiveAsync(good);
        await LiveAsync(bad);

        cluster.HeadFault = (new ShardId(1), new InvalidOperationException("A bug."));
        cluster.Change();

        var start = new LogPosition(cluster.Shard(new ShardId(0)).Log, 0);
        await Assert.ThrowsAsync<InvalidOperationException>(() => _time.UntilAsync(bad.Inbox.TakeAsync(start, Token).AsTask(), Step));
        cluster.Shard(new ShardId(0)).Deliver(cluster.Shard(new ShardId(0)).Append([1]));
        Assert.Equal(1UL, (await good.Inbox.TakeAsync(start, Token)).Head.Sequence);

        cluster.HeadFault = null;
        await using var next = feeds.Subscribe(Of(1));
        await LiveAsync(next);
        static FeedRequest Of(ushort shard) => new(new ShardAddress(FakeCluster.Network, 5, new ShardId(shard)));
    }
}
