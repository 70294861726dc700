using System.Collections.Immutable;
using DChat.Abstractions.Messages;
using DChat.Client.Cluster;
using DChat.Client.Telemetry;
using DChat.Core;
using DChat.Core.Shards;
using Microsoft.Extensions.Logging;

namespace DChat.Client.Subscriptions;

/// <summary>
/// The one stream subscription of a shard in this process, repaired into a gapless sequence and fanned out to the local
/// subscribers. It outlives lost stream items, lost subscriptions and lost silos; it ends when it is disposed.
/// </summary>
internal sealed partial class ShardFeed : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly ShardAddress _shard;
    private readonly TimeSpan _silence;
    private readonly long _bufferBytes;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ShardSource _source;
    private readonly LogInbox _stream;
    private readonly StreamSubscription _subscription;
    private readonly CancellationTokenSource _stop = new();
    private ImmutableArray<LogInbox> _subscribers = [];
    private LogPosition? _position;
    private Exception? _failure;
    private long _lastItem;
    private Task _running = Task.CompletedTask;
    private volatile bool _disposing;

    public ShardFeed(ICluster cluster, ShardAddress shard, DChatClientOptions options, TimeProvider time, ILogger logger)
    {
        _shard = shard;
        _silence = options.StreamSilence;
        _bufferBytes = options.SubscriberBufferBytes;
        _time = time;
        _logger = logger;
        _stream = new LogInbox(_bufferBytes);
        var retry = new RetryPolicy(time, options.CallTimeout);
        _source = new ShardSource(cluster, shard, topic: null, retry);
        _subscription = new StreamSubscription(cluster, shard, OnBatch, retry, time, logger);
    }

    /// <summary>Whether the feed has ended with an error and serves nobody any more.</summary>
    public bool HasFailed { get { lock (_gate) { return _failure is not null; } } }

    /// <summary>Begins to subscribe; returns at once.</summary>
    public void Start() => _running = Task.Run(RunAsync);

    /// <summary>Adds a local subscriber: its inbox gets every range from now on.</summary>
    public LogInbox Attach()
    {
        var inbox = new LogInbox(_bufferBytes);
        lock (_gate)
        {
            _subscribers = _subscribers.Add(inbox);
            if (_position is { } position)
            {
                inbox.NoteHead(position);
            }

            if (_failure is not null)
            {
                inbox.Close(_failure);
            }
        }

        return inbox;
    }

    /// <summary>Removes a local subscriber; true when it was the last.</summary>
    public bool Detach(LogInbox inbox)
    {
        lock (_gate)
        {
            _subscribers = _subscribers.Remove(inbox);
            return _subscribers.IsEmpty;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _disposing = true;
        await _stop.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
        Close(new DChatException(DChatErrorCodes.ClientClosed, "The client has been disposed."));
        await _subscription.DisposeAsync().ConfigureAwait(false);
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        try
        {
            await RenewAsync().ConfigureAwait(false);
            var head = await _source.GetHeadAsync(_stop.Token).ConfigureAwait(false);
            MoveTo(head);
            await FollowAndWatchAsync(head).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_disposing)
        {
            // That is how a feed ends; the token is no proof of it, since whatever fails cancels the rest.
        }
        catch (Exception failure)
        {
            LogFeedFailed(failure, _shard);
            Close(failure);
        }
    }

    private async Task FollowAndWatchAsync(LogPosition head)
    {
        var following = FollowAsync(head);
        var watching = WatchAsync();
        var ended = await Task.WhenAny(following, watching).ConfigureAwait(false);

        // Neither ends well by itself, and nothing of a feed may run on after it.
        await _stop.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(following, watching).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await ended.ConfigureAwait(false);
    }

    private async Task FollowAsync(LogPosition head)
    {
        var follower = new LogFollower(_stream, _source, CursorGapAction.SkipToHead);
        await foreach (var range in follower.FollowAsync(head, _stop.Token).ConfigureAwait(false))
        {
            Broadcast(range);
        }
    }

    // Heartbeats come every second, so silence means that the shard sleeps or that the subscription is lost: asking for the
    // head wakes the one and covers for the other until the renewed subscription does.
    private async Task WatchAsync()
    {
        while (true)
        {
            var quiet = _time.GetElapsedTime(Interlocked.Read(ref _lastItem));
            if (quiet < _silence)
            {
                await Task.Delay(_silence - quiet, _time, _stop.Token).ConfigureAwait(false);
                continue;
            }

            NoteHead(await _source.GetHeadAsync(_stop.Token).ConfigureAwait(false));
            LogRenewing(_shard, quiet.TotalSeconds);
            ClientInstruments.Renewals.Add(1);
            await RenewAsync().ConfigureAwait(false);
        }
    }

    private async Task RenewAsync()
    {
        await _subscription.RenewAsync(_stop.Token).ConfigureAwait(false);
        Interlocked.Exchange(ref _lastItem, _time.GetTimestamp());
    }

    private void OnBatch(ShardBatch batch)
    {
        Interlocked.Exchange(ref _lastItem, _time.GetTimestamp());
        if (batch.Envelopes.Count == 0)
        {
            NoteHead(new LogPosition(batch.Log, batch.FirstSequence - 1));
            return;
        }

        var range = EnvelopeRange.Of(batch);
        NoteOtherLog(range.Cursor);
        if (!_stream.TryAdd(range))
        {
            ClientInstruments.Overflows.Add(1);
        }
    }

    private void NoteHead(LogPosition head)
    {
        NoteOtherLog(head);
        _stream.NoteHead(head);
    }

    // Subscribers decide for themselves what a new log means to them, also while nothing is sent in it.
    private void NoteOtherLog(LogPosition head)
    {
        lock (_gate)
        {
            if (_position is { } position && position.Log != head.Log)
            {
                foreach (var subscriber in _subscribers)
                {
                    subscriber.NoteHead(head);
                }
            }
        }
    }

    private void MoveTo(LogPosition head)
    {
        lock (_gate)
        {
            _position = head;
            foreach (var subscriber in _subscribers)
            {
                subscriber.NoteHead(head);
            }
        }
    }

    private void Broadcast(EnvelopeRange range)
    {
        lock (_gate)
        {
            _position = range.Cursor;
            foreach (var subscriber in _subscribers)
            {
                if (!subscriber.TryAdd(range))
                {
                    ClientInstruments.Overflows.Add(1);
                }
            }
        }
    }

    private void Close(Exception reason)
    {
        lock (_gate)
        {
            _failure ??= reason;
            foreach (var subscriber in _subscribers)
            {
                subscriber.Close(reason);
            }
        }
    }
}
