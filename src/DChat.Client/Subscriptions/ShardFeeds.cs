using DChat.Client.Cluster;
using DChat.Core;
using Microsoft.Extensions.Logging;

namespace DChat.Client.Subscriptions;

/// <summary>The feeds of this process: one a shard, started by its first subscriber and closed with its last.</summary>
internal sealed class ShardFeeds(ICluster cluster, DChatClientOptions options, TimeProvider time, ILogger<ShardFeed> logger)
    : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<ShardAddress, ShardFeed> _feeds = [];
    private bool _disposed;

    /// <summary>Joins the feed of a shard; disposing the result leaves it.</summary>
    public FeedSubscription Subscribe(ShardAddress shard)
    {
        lock (_gate)
        {
            if (_disposed)
            {
                throw new DChatException(DChatErrorCodes.ClientClosed, "The client has been disposed.");
            }

            if (!_feeds.TryGetValue(shard, out var feed) || feed.HasFailed)
            {
                _feeds[shard] = feed = new ShardFeed(cluster, shard, options, time, logger);
                feed.Start();
            }

            return new FeedSubscription(this, shard, feed, feed.Attach());
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        ShardFeed[] feeds;
        lock (_gate)
        {
            _disposed = true;
            feeds = [.. _feeds.Values];
            _feeds.Clear();
        }

        await Task.WhenAll(feeds.Select(feed => feed.DisposeAsync().AsTask())).ConfigureAwait(false);
    }

    private async ValueTask LeaveAsync(ShardAddress shard, ShardFeed feed, LogInbox inbox)
    {
        lock (_gate)
        {
            if (!feed.Detach(inbox) || _disposed)
            {
                return;
            }

            // A failed feed has been replaced already if somebody came after.
            if (_feeds.TryGetValue(shard, out var current) && current == feed)
            {
                _feeds.Remove(shard);
            }
        }

        await feed.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>One subscriber's place in a feed.</summary>
    internal sealed class FeedSubscription(ShardFeeds feeds, ShardAddress shard, ShardFeed feed, LogInbox inbox) : IAsyncDisposable
    {
        public LogInbox Inbox { get; } = inbox;

        public ValueTask DisposeAsync() => feeds.LeaveAsync(shard, feed, Inbox);
    }
}
