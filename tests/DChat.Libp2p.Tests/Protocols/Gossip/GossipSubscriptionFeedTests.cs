using DChat.Libp2p.Identity;
using DChat.Libp2p.Protocols.Gossip;
using DChat.Libp2p.Tests.Host;

namespace DChat.Libp2p.Tests.Protocols.Gossip;

public sealed class GossipSubscriptionFeedTests
{
    private static readonly PeerId Alice = TestHosts.SomePeer();
    private static readonly PeerId Bob = TestHosts.SomePeer();

    [Fact]
    public async Task Changes_come_in_order_and_those_that_undo_each_other_vanish()
    {
        using var feed = new GossipSubscriptionFeed(_ => { });
        feed.Add(Alice, "t", true);
        feed.Add(Bob, "t", true);
        feed.Add(Alice, "u", true);
        feed.Add(Bob, "t", false);
        feed.Complete();
        feed.Add(Bob, "late", true);
        Assert.Equal([new(Alice, "t", true), new(Alice, "u", true)], await ReadAsync(feed));
    }

    [Fact]
    public async Task However_slow_its_reader_a_feed_holds_no_more_than_what_has_changed()
    {
        using var feed = new GossipSubscriptionFeed(_ => { });
        feed.Add(Alice, "seen", true);
        await using var changes = feed.GetAsyncEnumerator(TestContext.Current.CancellationToken);
        Assert.True(await changes.MoveNextAsync());
        for (var i = 0; i < 1000; i++)
        {
            feed.Add(Alice, "seen", i % 2 != 0);
            feed.Add(Alice, $"new {i}", true);
            feed.Add(Alice, $"new {i}", false);
        }

        // Seen as subscribed, and subscribed in the end.
        Assert.Equal(0, feed.Pending);
        feed.Add(Alice, "seen", false);
        Assert.True(await changes.MoveNextAsync());
        Assert.Equal(new GossipSubscriptionChange(Alice, "seen", false), changes.Current);
    }

    [Fact]
    public void A_reader_that_comes_now_and_then_takes_what_waits_and_never_waits()
    {
        using var feed = new GossipSubscriptionFeed(_ => { });
        Assert.False(feed.TryRead(out _));
        feed.Add(Alice, "t", true);

        Assert.True(feed.TryRead(out var change));
        Assert.Equal(new GossipSubscriptionChange(Alice, "t", true), change);
        Assert.False(feed.TryRead(out _));
        feed.Complete();
        Assert.False(feed.TryRead(out _));
    }

    [Fact]
    public async Task A_reader_that_waits_is_woken_by_a_change_and_by_the_end()
    {
        var disposed = 0;
        var feed = new GossipSubscriptionFeed(_ => disposed++);
        await using var changes = feed.GetAsyncEnumerator(TestContext.Current.CancellationToken);
        var next = changes.MoveNextAsync().AsTask();
        Assert.False(next.IsCompleted);
        feed.Add(Bob, "t", true);
        Assert.True(await next);
        var end = changes.MoveNextAsync().AsTask();
        Assert.False(end.IsCompleted);
        feed.Dispose();
        Assert.False(await end);
        Assert.Equal(1, disposed);
    }

    private static async Task<List<GossipSubscriptionChange>> ReadAsync(GossipSubscriptionFeed feed)
    {
        List<GossipSubscriptionChange> all = [];
        await foreach (var change in feed)
        {
            all.Add(change);
        }

        return all;
    }
}
