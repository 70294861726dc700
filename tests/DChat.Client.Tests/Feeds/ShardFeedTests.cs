using DChat.Abstractions.Streams;
using DChat.Client.Tests.Fakes;
using DChat.Core;
using DChat.Core.Envelopes;
using DChat.Core.Shards;
using DChat.Core.Topics;
using DChat.Feeds;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace DChat.Client.Tests.Feeds;

public sealed partial class ShardFeedTests : IAsyncDisposable
{
    private static readonly FeedRequest Request = new(new ShardAddress(FakeCluster.Network, 0, new ShardId(0)));
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(100);

    // Fake time passes fast while a test waits; with this much patience silence is never the reason.
    private static readonly FeedOptions Patient = new() { StreamSilence = TimeSpan.FromDays(20) };

    private readonly FakeTimeProvider _time = FakeTime.Create();
    private readonly FakeCluster _cluster = new();
    private readonly ShardFeeds _feeds;

    public ShardFeedTests() =>
        _feeds = new ShardFeeds(_cluster, new FeedOptions(), _cluster, _time, NullLogger<ShardFeeds>.Instance);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private FakeShard Shard => _cluster.Shard(Request.Shard.Shard);

    private LogPosition Start => new(Shard.Log, 0);

    public ValueTask DisposeAsync() => _feeds.DisposeAsync();

    [Fact]
    public async Task Followers_of_a_group_share_one_stream_subscription_which_goes_with_the_last()
    {
        var first = _feeds.Subscribe(Request);
        var second = _feeds.Subscribe(Request);
        var third = _feeds.Subscribe(new FeedRequest(new ShardAddress(FakeCluster.Network, 4, new ShardId(1))));
        await LiveAsync(first);
        await LiveAsync(second);
        await LiveAsync(third);

        Shard.Deliver(Shard.Append([1]));
        Assert.Equal(1UL, (await first.Inbox.TakeAsync(Start, Token)).Head.Sequence);
        Assert.Equal(1UL, (await second.Inbox.TakeAsync(Start, Token)).Head.Sequence);
        await third.DisposeAsync();
        await first.DisposeAsync();
        Assert.Equal(1, _cluster.SubscriberCount);
        await second.DisposeAsync();
        Assert.Equal(0, _cluster.SubscriberCount);
        Assert.Equal(2, _cluster.SubscriptionsMade);
    }

    [Fact]
    public async Task A_lost_item_is_read_once_for_all_subscribers()
    {
        await using var first = _feeds.Subscribe(Request);
        await using var second = _feeds.Subscribe(Request);
        await LiveAsync(first);
        await LiveAsync(second);

        Shard.Append([1]);
        Shard.Deliver(Shard.Append([2]));

        Assert.Equal(2, (await first.Inbox.TakeAsync(Start, Token)).Range!.Envelopes.Count);
        Assert.Equal(2, (await second.Inbox.TakeAsync(Start, Token)).Range!.Envelopes.Count);
        Assert.Equal(1, _cluster.Reads);
    }

    [Fact]
    public async Task A_cancellation_that_nobody_here_asked_for_ends_the_feed_with_an_error_and_not_in_silence()
    {
        await using var subscription = _feeds.Subscribe(Request);
        await LiveAsync(subscription);

        _cluster.LoseSubscriptions();
        _cluster.Bug = new OperationCanceledException("Not ours.");
        var taken = subscription.Inbox.TakeAsync(Start, Token).AsTask();
        await _time.UntilAsync(() => taken.IsCompleted, Step);

        Assert.Equal("Not ours.", (await Assert.ThrowsAsync<OperationCanceledException>(() => taken)).Message);
    }

    [Fact]
    public async Task A_silent_stream_is_replaced_and_what_it_missed_is_read()
    {
        await using var subscription = _feeds.Subscribe(Request);
        await LiveAsync(subscription);

        _cluster.LoseSubscriptions();
        Shard.Append([1]);
        await _time.UntilAsync(() => _cluster.SubscriberCount == 1, Step);

        Assert.Equal(1UL, (await subscription.Inbox.TakeAsync(Start, Token)).Range!.SequenceAt(0));
        Assert.Equal(2, _cluster.SubscriptionsMade);
    }

    [Fact]
    public async Task Heartbeats_keep_the_subscription_of_1024_idle_shards_which_nobody_asks_for_their_heads_either()
    {
        var cluster = new FakeCluster { ShardBits = 10 };
        await using var feeds = new ShardFeeds(cluster, new FeedOptions(), cluster, _time, NullLogger<ShardFeeds>.Instance);
        for (var shard = 0; shard < 1024; shard++)
        {
            var subscription = feeds.Subscribe(new FeedRequest(new ShardAddress(FakeCluster.Network, 10, new ShardId((ushort)shard))));
            await LiveAsync(subscription);
        }

        var heads = cluster.Heads;
        for (var second = 0; second < 120; second++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            cluster.DeliverHeartbeat();
        }

        Assert.Equal(ShardStreams.MaxGroups, cluster.SubscriptionsMade);
        Assert.Equal(heads, cluster.Heads);
        Assert.Equal(0, cluster.Reads);
    }

    [Fact]
    public async Task Silos_that_stay_away_cost_few_renewals()
    {
        await using var subscription = _feeds.Subscribe(Request);
        await LiveAsync(subscription);

        for (var second = 0; second < 600; second++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        Assert.InRange(_cluster.SubscriptionsMade, 2, 7);
    }

    [Fact]
    public async Task A_silo_that_falls_silent_is_noticed_although_another_is_heard()
    {
        await using var subscription = _feeds.Subscribe(Request);
        await LiveAsync(subscription);
        _cluster.DeliverHeartbeat("silo-1");

        await _time.UntilAsync(
            () =>
            {
                _cluster.DeliverHeartbeat("silo-2");
                return _cluster.SubscriptionsMade == 2;
            },
            TimeSpan.FromSeconds(1));
        for (var second = 0; second < 120; second++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            _cluster.DeliverHeartbeat("silo-2");
        }

        Assert.Equal(2, _cluster.SubscriptionsMade);
    }

    [Fact]
    public async Task After_a_change_of_the_cluster_a_subscription_that_stands_is_kept_and_the_head_is_asked()
    {
        await using var feeds = new ShardFeeds(_cluster, Patient, _cluster, _time, NullLogger<ShardFeeds>.Instance);
        await using var subscription = feeds.Subscribe(Request);
        await LiveAsync(subscription);
        Shard.Append([1]);
        var heads = _cluster.Heads;

        _cluster.Change();
        var taken = subscription.Inbox.TakeAsync(Start, Token).AsTask();
        await _time.UntilAsync(taken, Step);

        Assert.Equal(1UL, (await taken).Range!.SequenceAt(0));
        Assert.Equal(heads + 1, _cluster.Heads);
        Assert.Equal(1, _cluster.SubscriptionsMade);
    }

    [Fact]
    public async Task After_a_change_of_the_cluster_a_lost_subscription_is_made_anew_without_waiting_for_silence()
    {
        await using var feeds = new ShardFeeds(_cluster, Patient, _cluster, _time, NullLogger<ShardFeeds>.Instance);
        await using var subscription = feeds.Subscribe(Request);
        await LiveAsync(subscription);
        _cluster.LoseSubscriptions();

        _cluster.Change();
        await _time.UntilAsync(() => _cluster.SubscriberCount == 1, Step);

        Assert.Equal(2, _cluster.SubscriptionsMade);
    }

    [Fact]
    public async Task Who_begins_at_a_moment_begins_where_the_shard_stood_then()
    {
        Shard.Append([1], [2], [3]);
        _cluster.PastHead = new LogPosition(Shard.Log, 1);
        var moment = _time.GetTimestamp();
        _time.Advance(TimeSpan.FromSeconds(3));

        await using var following = _feeds.FollowAsync(Request with { Start = FeedStart.Since(moment) }, Token).GetAsyncEnumerator(Token);
        Assert.True(await following.MoveNextAsync());

        Assert.Equal(2UL, following.Current.SequenceAt(0));
        Assert.Equal([TimeSpan.FromSeconds(3)], _cluster.PastHeadsAsked);
    }

    [Theory]
    [InlineData(true, 0)]
    [InlineData(false, 1)]
    public async Task A_skipped_range_is_read_only_if_somebody_wants_synced_history(bool skipsSynced, int reads)
    {
        await using var following = _feeds.FollowAsync(Request with { SkipsSynced = skipsSynced }, Token).GetAsyncEnumerator(Token);
        var moving = following.MoveNextAsync().AsTask();
        await FakeTime.UntilAsync(() => _cluster.Heads == 2);
        Shard.Append([1], [2]);
        Shard.Deliver(new ShardBatch(Request.Shard.Shard, Shard.Log, 1, 2, EnvelopeBatch.Empty, Door.Sync, traceParent: null));
        Shard.Deliver(Shard.Append([3]));
        Assert.True(await moving);

        Assert.Equal(skipsSynced ? 3UL : 1UL, following.Current.SequenceAt(0));
        Assert.Equal(reads, _cluster.Reads);
    }

    [Fact]
    public async Task A_silo_that_is_away_is_waited_for()
    {
        _cluster.IsDown = true;
        await using var subscription = _feeds.Subscribe(Request);
        var taking = subscription.Inbox.TakeAsync(Start, Token).AsTask();
        _time.Advance(TimeSpan.FromMinutes(5));
        Assert.False(taking.IsCompleted);

        Shard.Append([1]);
        _cluster.IsDown = false;

        Assert.Equal(1UL, (await _time.UntilAsync(taking, Step)).Head.Sequence);
        await FakeTime.UntilAsync(() => _cluster.SubscriberCount == 1);
        Shard.Deliver(Shard.Append([2]));
        Assert.NotNull((await subscription.Inbox.TakeAsync(new LogPosition(Shard.Log, 1), Token)).Range);
    }

    [Fact]
    public async Task A_silo_that_restarts_is_found_again()
    {
        await using var subscription = _feeds.Subscribe(Request);
        await LiveAsync(subscription);

        _cluster.IsDown = true;
        _cluster.LoseSubscriptions();
        for (var i = 0; i < 100; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        _cluster.IsDown = false;
        await _time.UntilAsync(() => _cluster.SubscriberCount == 1, Step);
        Shard.Deliver(Shard.Append([1]));

        Assert.Equal(1UL, (await subscription.Inbox.TakeAsync(Start, Token)).Range!.SequenceAt(0));
    }

    [Fact]
    public async Task Subscribers_hear_of_another_log_even_if_nothing_is_sent_in_it()
    {
        await using var subscription = _feeds.Subscribe(Request);
        var before = Shard.Log;
        await LiveAsync(subscription);

        Shard.Replace();
        _cluster.DeliverHeartbeat();

        var item = await subscription.Inbox.TakeAsync(new LogPosition(before, 0), Token);
        Assert.Equal(Shard.Head, item.Head);
    }

    [Fact]
    public async Task A_fault_that_will_not_pass_ends_the_feed_and_the_next_subscriber_gets_a_new_one()
    {
        var subscription = _feeds.Subscribe(Request);
        await LiveAsync(subscription);

        _cluster.Bug = new InvalidOperationException("A bug.");
        var taking = subscription.Inbox.TakeAsync(Start, Token).AsTask();
        await Assert.ThrowsAsync<InvalidOperationException>(() => _time.UntilAsync(taking, Step));
        _cluster.Bug = null;

        await using var next = _feeds.Subscribe(Request);
        await LiveAsync(next);
        await subscription.DisposeAsync();
        Assert.Equal(1, _cluster.SubscriberCount);
    }

    [Fact]
    public async Task A_subscription_that_is_made_too_late_is_given_back()
    {
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _cluster.BeforeSubscribe = () =>
        {
            asked.SetResult();
            return gate.Task;
        };
        var subscription = _feeds.Subscribe(Request);
        await asked.Task;

        await subscription.DisposeAsync();
        gate.SetResult();

        await FakeTime.UntilAsync(() => _cluster.SubscriptionsMade == 1 && _cluster.SubscriberCount == 0);
    }

    [Fact]
    public async Task Of_two_subscriptions_granted_to_one_feed_one_is_given_back()
    {
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var asked = 0;
        _cluster.BeforeSubscribe = () => Interlocked.Increment(ref asked) == 1 ? gate.Task : Task.CompletedTask;
        await using var subscription = _feeds.Subscribe(Request);

        // The first attempt takes so long that there is a second, and is then answered after all.
        await _time.UntilAsync(() => _cluster.SubscriberCount == 1, Step);
        gate.SetResult();
        await FakeTime.UntilAsync(() => _cluster.SubscriptionsMade == 2 && _cluster.SubscriberCount == 1);
    }

    [Fact]
    public async Task Feeds_that_are_closed_end_their_followers()
    {
        var subscription = _feeds.Subscribe(Request);
        await LiveAsync(subscription);

        await _feeds.DisposeAsync();

        Assert.Equal(0, _cluster.SubscriberCount);
        var error = await Assert.ThrowsAsync<DChatException>(
            () => subscription.Inbox.TakeAsync(Start, Token).AsTask());
        Assert.Equal(FeedErrors.Closed, error.Code);
        Assert.Equal(FeedErrors.Closed, Assert.Throws<DChatException>(() => _feeds.Subscribe(Request)).Code);
        await subscription.DisposeAsync();
    }

    // The first thing a live feed tells is where the log stands.
    private static async Task LiveAsync(ShardFeeds.FeedSubscription subscription) =>
        await subscription.Inbox.TakeAsync(default, Token);
}
