using DChat.Abstractions.Grains;
using DChat.Abstractions.Streams;
using DChat.Core;
using DChat.Core.Shards;
using DChat.Core.Topics;
using Microsoft.Extensions.Logging;

namespace DChat.Feeds;

/// <summary>
/// One shard of a group, repaired into a gapless sequence and handed to the local followers. It outlives lost stream items and
/// lost silos; it ends when it is disposed.
/// </summary>
internal sealed partial class ShardFeed : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly ShardAddress _shard;
    private readonly ILogger _logger;
    private readonly ShardSource _source;
    private readonly LogInbox _stream;
    private readonly FeedDispatcher _dispatcher;
    private readonly CancellationTokenSource _stop = new();
    private Task _running = Task.CompletedTask;
    private bool _hasFailed;
    private volatile bool _disposing;

    public ShardFeed(IShardCluster cluster, ShardAddress shard, FeedOptions options, RetryPolicy retry, ILogger logger)
    {
        _shard = shard;
        _logger = logger;
        _stream = new LogInbox(options.SubscriberBufferBytes);
        _dispatcher = new FeedDispatcher(options.SubscriberBufferBytes);
        _source = new ShardSource(cluster, shard, topic: null, retry);
    }

    /// <summary>Whether the feed has ended with an error and serves nobody any more.</summary>
    public bool HasFailed { get { lock (_gate) { return _hasFailed; } } }

    /// <summary>Begins to follow once the group is subscribed to; returns at once.</summary>
    public void Start(Task subscribed) => _running = Task.Run(() => RunAsync(subscribed));

    /// <summary>Adds a follower: its inbox gets every range from now on.</summary>
    public LogInbox Attach(TopicTag? topic, bool skipsSynced)
    {
        lock (_gate)
        {
            return _dispatcher.Add(topic, skipsSynced);
        }
    }

    /// <summary>Removes a follower; true when it was the last.</summary>
    public bool Detach(LogInbox inbox, TopicTag? topic)
    {
        lock (_gate)
        {
            _dispatcher.Remove(inbox, topic);
            return _dispatcher.IsEmpty;
        }
    }

    /// <summary>Takes what the stream brings.</summary>
    public void OnBatch(ShardBatch batch)
    {
        var range = EnvelopeRange.Of(batch);
        NoteOtherLog(range.Cursor);
        if (range.IsSkipped && WantsSynced())
        {
            _stream.NoteHead(range.Cursor);
        }
        else if (!_stream.TryAdd(range))
        {
            FeedInstruments.Overflows.Add(1);
        }
    }

    /// <summary>Takes the news where the log stands.</summary>
    public void NoteHead(LogPosition head)
    {
        NoteOtherLog(head);
        _stream.NoteHead(head);
    }

    /// <summary>
    /// Asks the shard where it stands, which wakes it: nobody tells of what a lost silo had appended last. A shard that cannot
    /// tell for good ends this feed alone.
    /// </summary>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled.</exception>
    public async Task AskHeadAsync(CancellationToken cancellationToken)
    {
        try
        {
            NoteHead(await _source.GetHeadAsync(cancellationToken).ConfigureAwait(false));
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
        {
            Fail(failure);
        }
    }

    /// <summary>Ends the feed and its followers with an error.</summary>
    public void Close(Exception reason)
    {
        lock (_gate)
        {
            _hasFailed = true;
            _dispatcher.Close(reason);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _disposing = true;
        await _stop.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
        Close(new DChatException(FeedErrors.Closed, "The feeds have been closed."));
        _stop.Dispose();
    }

    private async Task RunAsync(Task subscribed)
    {
        try
        {
            await subscribed.WaitAsync(_stop.Token).ConfigureAwait(false);
            var head = await _source.GetHeadAsync(_stop.Token).ConfigureAwait(false);
            lock (_gate)
            {
                _dispatcher.MoveTo(head);
            }

            var follower = new LogFollower(_stream, _source, CursorGapAction.SkipToHead);
            await foreach (var range in follower.FollowAsync(head, _stop.Token).ConfigureAwait(false))
            {
                lock (_gate)
                {
                    _dispatcher.Dispatch(range);
                }
            }
        }
        catch (OperationCanceledException) when (_disposing)
        {
            // Disposing ends the feed this way. A cancellation without disposing is a lost call, which is a failure.
        }
        catch (Exception failure)
        {
            Fail(failure);
        }
    }

    private void Fail(Exception failure)
    {
        LogFeedFailed(failure, _shard);
        Close(failure);
    }

    private bool WantsSynced()
    {
        lock (_gate)
        {
            return _dispatcher.WantsSynced;
        }
    }

    // Followers decide for themselves what a new log means to them, also while nothing is sent in it.
    private void NoteOtherLog(LogPosition head)
    {
        lock (_gate)
        {
            if (_dispatcher.Position is { } position && position.Log != head.Log)
            {
                _dispatcher.NoteHead(head);
            }
        }
    }

    [LoggerMessage(3, LogLevel.Error, "The feed of shard {Shard} has ended; its followers end with this error.")]
    private partial void LogFeedFailed(Exception failure, ShardAddress shard);
}
