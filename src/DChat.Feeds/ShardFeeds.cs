using System.Runtime.CompilerServices;
using DChat.Abstractions.Grains;
using DChat.Abstractions.Streams;
using DChat.Core;
using DChat.Core.Shards;
using Microsoft.Extensions.Logging;

namespace DChat.Feeds;

/// <summary>The feeds of this process: one subscription a shard group, made for its first follower and given back with its last.</summary>
internal sealed class ShardFeeds(
    IShardCluster cluster, FeedOptions options, IClusterChanges? changes, TimeProvider time, ILogger<ShardFeeds> logger)
    : IShardFeeds, IAsyncDisposable, IDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(string Network, int Group), GroupFeed> _groups = [];
    private readonly RetryPolicy _retry = new(time, options.CallTimeout);
    private bool _closed;

    /// <inheritdoc/>
    public async IAsyncEnumerable<EnvelopeRange> FollowAsync(
        FeedRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // The feed is joined before the head is asked for, so that nothing can fall between history and what comes live.
        var subscription = Subscribe(request);
        await using var _ = subscription.ConfigureAwait(false);
        var source = new ShardSource(cluster, request.Shard, request.Topic, _retry);
        var head = await source.GetHeadAsync(cancellationToken).ConfigureAwait(false);
        subscription.Inbox.NoteHead(head);
        var start = await StartAsync(request.Start, head, source, cancellationToken).ConfigureAwait(false);
        var follower = new LogFollower(subscription.Inbox, source, request.OnGap);
        await foreach (var range in follower.FollowAsync(start, cancellationToken).ConfigureAwait(false))
        {
            if (range.Envelopes.Count > 0)
            {
                yield return range;
            }
        }
    }

    /// <inheritdoc/>
    public async Task CloseAsync()
    {
        GroupFeed[] groups;
        lock (_gate)
        {
            _closed = true;
            groups = [.. _groups.Values];
            _groups.Clear();
        }

        await Task.WhenAll(groups.Select(group => group.DisposeAsync().AsTask())).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await CloseAsync().ConfigureAwait(false);

    /// <inheritdoc/>
    public void Dispose() => CloseAsync().GetAwaiter().GetResult();

    /// <summary>Joins the feed of a shard; disposing the result leaves it.</summary>
    internal FeedSubscription Subscribe(FeedRequest request)
    {
        var shard = request.Shard;
        lock (_gate)
        {
            if (_closed)
            {
                throw new DChatException(FeedErrors.Closed, "The feeds have been closed.");
            }

            var key = (shard.Network, shard.Group);
            if (!_groups.TryGetValue(key, out var group) || group.HasFailed)
            {
                _groups[key] = group = new GroupFeed(cluster, shard, options, _retry, changes, time, logger);
                group.Start();
            }

            var feed = group.GetOrAdd(shard);
            return new FeedSubscription(this, request, group, feed, feed.Attach(request.Topic, request.SkipsSynced));
        }
    }

    private async Task<LogPosition> StartAsync(FeedStart start, LogPosition head, ShardSource source, CancellationToken cancellationToken)
    {
        if (start.Timestamp is { } moment)
        {
            return await source.GetPastHeadAsync(() => time.GetElapsedTime(moment), cancellationToken).ConfigureAwait(false);
        }

        return start.FromBeginning ? head with { Sequence = 0 } : start.Position ?? head;
    }

    private async ValueTask LeaveAsync(FeedRequest request, GroupFeed group, ShardFeed feed, LogInbox inbox)
    {
        bool isLast;
        lock (_gate)
        {
            if (!feed.Detach(inbox, request.Topic) || _closed)
            {
                return;
            }

            group.Remove(request.Shard.Shard, feed);
            isLast = group.IsEmpty;

            // A failed group has been replaced already if somebody came after.
            var key = (request.Shard.Network, request.Shard.Group);
            if (isLast && _groups.GetValueOrDefault(key) == group)
            {
                _groups.Remove(key);
            }
        }

        await feed.DisposeAsync().ConfigureAwait(false);
        if (isLast)
        {
            await group.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>One follower's place in a feed.</summary>
    internal sealed class FeedSubscription(ShardFeeds feeds, FeedRequest request, GroupFeed group, ShardFeed feed, LogInbox inbox)
        : IAsyncDisposable
    {
        public LogInbox Inbox => inbox;

        public ValueTask DisposeAsync() => feeds.LeaveAsync(request, group, feed, inbox);
    }
}
