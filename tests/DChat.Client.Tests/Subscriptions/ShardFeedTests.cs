using DChat.Client.Cluster;
using DChat.Client.Subscriptions;
using DChat.Client.Tests.Fakes;
using DChat.Core;
using DChat.Core.Shards;
using DChat.Core.Topics;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace DChat.Client.Tests.Subscriptions;

public sealed class ShardFeedTests : IAsyncDisposable
{
    private static readonly ShardAddress Address = new(FakeCluster.Network, new ShardId(0));
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(100);

    private readonly FakeTimeProvider _time = FakeTime.Create();
    private readonly FakeCluster _cluster = new();
    private readonly ShardFeeds _feeds;

    public ShardFeedTests() =>
        _feeds = new ShardFeeds(_cluster, new DChatClientOptions(), _time, NullLogger<ShardFeed>.Instance);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private FakeShard Shard => _cluster.Shard(Address.Shard);

    private LogPosition Start => new(Shard.Log, 0);

    public ValueTask DisposeAsync() => _feeds.DisposeAsync();

    [Fact]
    public async Task Subscribers_of_a_shard_share_one_stream_subscription_which_goes_with_the_last()
    {
        var first = _feeds.Subscribe(Address);
        var second = _feeds.Subscribe(Address);
        var third = _feeds.Subscribe(new ShardAddress(FakeCluster.Network, new ShardId(1)));
        await LiveAsync(first);
        await LiveAsync(second);
        await LiveAsync(third);

        Shard.Deliver(Shard.Append([1]));
        Assert.Equal(1UL, (await first.Inbox.TakeAsync(Start, Token)).Head.Sequence);
        Assert.Equal(1UL, (await second.Inbox.TakeAsync(Start, Token)).Head.Sequence);
        await first.DisposeAsync();
        Assert.Equal(1, Shard.SubscriberCount);
        await second.DisposeAsync();
        Assert.Equal(0, Shard.SubscriberCount);
        Assert.Equal(1, Shard.SubscriptionsMade);
        await third.DisposeAsync();
    }

    [Fact]
    public async Task A_lost_item_is_read_once_for_all_subscribers()
    {
        await using var first = _feeds.Subscribe(Address);
        await using var second = _feeds.Subscribe(Address);
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
        await using var subscription = _feeds.Subscribe(Address);
        await LiveAsync(subscription);

        Shard.LoseSubscriptions();
        _cluster.Bug = new OperationCanceledException("Not ours.");
        var taken = subscription.Inbox.TakeAsync(Start, Token).AsTask();
        await _time.UntilAsync(() => taken.IsCompleted, Step);

        Assert.Equal("Not ours.", (await Assert.ThrowsAsync<OperationCanceledException>(() => taken)).Message);
    }

    [Fact]
    public async Task A_silent_stream_is_replaced_and_what_it_missed_is_read()
    {
        await using var subscription = _feeds.Subscribe(Address);
        await LiveAsync(subscription);

        Shard.LoseSubscriptions();
        Shard.Append([1]);
        await _time.UntilAsync(() => Shard.SubscriberCount == 1, Step);

        Assert.Equal(1UL, (await subscription.Inbox.TakeAsync(Start, Token)).Range!.SequenceAt(0));
        Assert.Equal(2, Shard.SubscriptionsMade);
    }

    [Fact]
    public async Task Heartbeats_keep_a_subscription()
    {
        await using var subscription = _feeds.Subscribe(Address);
        await LiveAsync(subscription);

        for (var i = 0; i < 10; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            Shard.DeliverHeartbeat();
        }

        Assert.Equal(1, Shard.SubscriptionsMade);
    }

    [Fact]
    public async Task A_silo_that_is_away_is_waited_for()
    {
        _cluster.IsDown = true;
        await using var subscription = _feeds.Subscribe(Address);
        var taking = subscription.Inbox.TakeAsync(Start, Token).AsTask();
        _time.Advance(TimeSpan.FromMinutes(5));
        Assert.False(taking.IsCompleted);

        Shard.Append([1]);
        _cluster.IsDown = false;

        Assert.Equal(1UL, (await _time.UntilAsync(taking, Step)).Head.Sequence);
        await FakeTime.UntilAsync(() => Shard.SubscriberCount == 1);
        Shard.Deliver(Shard.Append([2]));
        Assert.NotNull((await subscription.Inbox.TakeAsync(new LogPosition(Shard.Log, 1), Token)).Range);
    }

    [Fact]
    public async Task A_silo_that_restarts_is_found_again()
    {
        await using var subscription = _feeds.Subscribe(Address);
        await LiveAsync(subscription);

        _cluster.IsDown = true;
        Shard.LoseSubscriptions();
        for (var i = 0; i < 100; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        _cluster.IsDown = false;
        await _time.UntilAsync(() => Shard.SubscriberCount == 1, Step);
        Shard.Deliver(Shard.Append([1]));

        Assert.Equal(1UL, (await subscription.Inbox.TakeAsync(Start, Token)).Range!.SequenceAt(0));
    }

    [Fact]
    public async Task Subscribers_hear_of_another_log_even_if_nothing_is_sent_in_it()
    {
        await using var subscription = _feeds.Subscribe(Address);
        var before = Shard.Log;
        await LiveAsync(subscription);

        Shard.Replace();
        Shard.DeliverHeartbeat();

        var item = await subscription.Inbox.TakeAsync(new LogPosition(before, 0), Token);
        Assert.Equal(Shard.Head, item.Head);
    }

    [Fact]
    public async Task A_fault_that_will_not_pass_ends_the_feed_and_the_next_subscriber_gets_a_new_one()
    {
        var subscription = _feeds.Subscribe(Address);
        await LiveAsync(subscription);

        _cluster.Bug = new InvalidOperationException("A bug.");
        var taking = subscription.Inbox.TakeAsync(Start, Token).AsTask();
        await Assert.ThrowsAsync<InvalidOperationException>(() => _time.UntilAsync(taking, Step));
        _cluster.Bug = null;

        await using var next = _feeds.Subscribe(Address);
        await LiveAsync(next);
        await subscription.DisposeAsync();
        Assert.Equal(1, Shard.SubscriberCount);
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
        var subscription = _feeds.Subscribe(Address);
        await asked.Task;

        await subscription.DisposeAsync();
        gate.SetResult();

        await FakeTime.UntilAsync(() => Shard.SubscriptionsMade == 1 && Shard.SubscriberCount == 0);
    }

    [Fact]
    public async Task Of_two_subscriptions_granted_to_one_feed_one_is_given_back()
    {
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var asked = 0;
        _cluster.BeforeSubscribe = () => Interlocked.Increment(ref asked) == 1 ? gate.Task : Task.CompletedTask;
        await using var subscription = _feeds.Subscribe(Address);

        // The first attempt takes so long that there is a second, and is then answered after all.
        await _time.UntilAsync(() => Shard.SubscriberCount == 1, Step);
        gate.SetResult();
        await FakeTime.UntilAsync(() => Shard.SubscriptionsMade == 2 && Shard.SubscriberCount == 1);
    }

    [Fact]
    public async Task A_closed_client_ends_its_subscriptions()
    {
        var subscription = _feeds.Subscribe(Address);
        await LiveAsync(subscription);

        await _feeds.DisposeAsync();

        Assert.Equal(0, Shard.SubscriberCount);
        var error = await Assert.ThrowsAsync<DChatException>(
            () => subscription.Inbox.TakeAsync(Start, Token).AsTask());
        Assert.Equal(DChatErrorCodes.ClientClosed, error.Code);
        Assert.Equal(DChatErrorCodes.ClientClosed, Assert.Throws<DChatException>(() => _feeds.Subscribe(Address)).Code);
        await subscription.DisposeAsync();
    }

    // The first thing a live feed tells is where the log stands.
    private static async Task LiveAsync(ShardFeeds.FeedSubscription subscription) =>
        await subscription.Inbox.TakeAsync(default, Token);
}
