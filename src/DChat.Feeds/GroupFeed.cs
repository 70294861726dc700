using System.Collections.Immutable;
using DChat.Abstractions.Grains;
using DChat.Abstractions.Streams;
using DChat.Core.Topics;
using Microsoft.Extensions.Logging;

namespace DChat.Feeds;

/// <summary>
/// The one stream subscription of a shard group in this process, and the feeds of its shards that somebody follows. After a
/// change of the cluster it looks whether the subscription still stands and asks each shard for its head; a subscription that
/// faults is made anew; silence is the last resort.
/// </summary>
internal sealed partial class GroupFeed : IAsyncDisposable
{
    /// <summary>The most shards asked for their heads at once.</summary>
    internal const int MaxHeadsAtOnce = 8;

    /// <summary>How long after a change it looks, at most: many processes hear of it at once.</summary>
    internal static readonly TimeSpan MaxChangeDelay = TimeSpan.FromSeconds(1);

    private readonly IShardCluster _cluster;
    private readonly FeedOptions _options;
    private readonly RetryPolicy _retry;
    private readonly IClusterChanges? _changes;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly StreamSubscription _subscription;
    private readonly SilentSilos _silos;
    private readonly string _name;
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _subscribed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ImmutableDictionary<ShardId, ShardFeed> _shards = ImmutableDictionary<ShardId, ShardFeed>.Empty;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource _faulted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _running = Task.CompletedTask;
    private volatile int _faults;
    private volatile bool _disposing;

    public GroupFeed(
        IShardCluster cluster, ShardAddress shard, FeedOptions options, RetryPolicy retry, IClusterChanges? changes, TimeProvider time, ILogger logger)
    {
        _cluster = cluster;
        _options = options;
        _retry = retry;
        _changes = changes;
        _time = time;
        _logger = logger;
        _name = $"{shard.Network}/{shard.Group}";
        _silos = new SilentSilos(options.StreamSilence, time);
        _subscription = new StreamSubscription(cluster, shard.Network, shard.Group, OnItem, OnFault, retry, time, logger);
    }

    /// <summary>Whether the group has ended with an error and serves nobody any more.</summary>
    public bool HasFailed => _running.IsCompleted && !_disposing;

    /// <summary>Whether no shard is followed.</summary>
    public bool IsEmpty => _shards.IsEmpty;

    /// <summary>Begins to subscribe; returns at once.</summary>
    public void Start()
    {
        if (_changes is not null)
        {
            _changes.Changed += OnClusterChanged;
        }

        _running = Task.Run(RunAsync);
    }

    /// <summary>The feed of a shard, started when there is none. One call at a time, also with <see cref="Remove"/>.</summary>
    public ShardFeed GetOrAdd(ShardAddress shard)
    {
        if (_shards.TryGetValue(shard.Shard, out var feed) && !feed.HasFailed)
        {
            return feed;
        }

        feed = new ShardFeed(_cluster, shard, _options, _retry, _logger);
        _shards = _shards.SetItem(shard.Shard, feed);
        feed.Start(_subscribed.Task);
        return feed;
    }

    /// <summary>Removes the feed of a shard unless another has taken its place.</summary>
    public void Remove(ShardId shard, ShardFeed feed)
    {
        if (_shards.TryGetValue(shard, out var current) && current == feed)
        {
            _shards = _shards.Remove(shard);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _disposing = true;
        if (_changes is not null)
        {
            _changes.Changed -= OnClusterChanged;
        }

        await _stop.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
        await Task.WhenAll(_shards.Values.Select(feed => feed.DisposeAsync().AsTask())).ConfigureAwait(false);
        await _subscription.DisposeAsync().ConfigureAwait(false);
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        try
        {
            await _subscription.RenewAsync(_stop.Token).ConfigureAwait(false);
            _silos.Forget();
            _subscribed.SetResult();
            while (true)
            {
                switch (await NextAsync().ConfigureAwait(false))
                {
                    case Cause.Change:
                        await OnChangeAsync().ConfigureAwait(false);
                        break;
                    case Cause.Fault:
                        await OnFaultAsync().ConfigureAwait(false);
                        break;
                    default:
                        await RenewAsync().ConfigureAwait(false);
                        _silos.Renewed();
                        break;
                }

                await AskHeadsAsync().ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (_disposing)
        {
            // Disposing ends the group this way. A cancellation without disposing is a lost call, which is a failure.
        }
        catch (Exception failure)
        {
            LogGroupFailed(failure, _name);
            foreach (var feed in _shards.Values)
            {
                feed.Close(failure);
            }
        }
    }

    /// <summary>Waits until the subscription is to be looked at.</summary>
    private async Task<Cause> NextAsync()
    {
        while (_silos.Remaining() is var remaining && remaining > TimeSpan.Zero)
        {
            var changed = Volatile.Read(ref _changed).Task;
            var faulted = Volatile.Read(ref _faulted).Task;
            using var waiting = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
            var ended = await Task.WhenAny(faulted, changed, Task.Delay(remaining, _time, waiting.Token)).ConfigureAwait(false);
            await waiting.CancelAsync().ConfigureAwait(false);
            _stop.Token.ThrowIfCancellationRequested();
            if (ended == faulted || ended == changed)
            {
                return ended == faulted ? Cause.Fault : Cause.Change;
            }
        }

        return Cause.Silence;
    }

    private async Task OnChangeAsync()
    {
        await Task.Delay(MaxChangeDelay * Random.Shared.NextDouble(), _time, _stop.Token).ConfigureAwait(false);
        Volatile.Write(ref _changed, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        _silos.Forget();
        if (!await _subscription.IsKnownAsync(_stop.Token).ConfigureAwait(false))
        {
            await RenewAsync().ConfigureAwait(false);
        }
    }

    // Each fault before the next heartbeat doubles the pause: a cluster that cannot deliver is not asked without end.
    private async Task OnFaultAsync()
    {
        await _retry.PauseAsync(_faults++, _stop.Token).ConfigureAwait(false);
        Volatile.Write(ref _faulted, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        await RenewAsync().ConfigureAwait(false);
        _silos.Forget();
    }

    private async Task RenewAsync()
    {
        LogRenewing(_name);
        FeedInstruments.Renewals.Add(1);
        await _subscription.RenewAsync(_stop.Token).ConfigureAwait(false);
    }

    private Task AskHeadsAsync() => Parallel.ForEachAsync(
        _shards.Values,
        new ParallelOptions { MaxDegreeOfParallelism = MaxHeadsAtOnce, CancellationToken = _stop.Token },
        async (feed, cancellationToken) => await feed.AskHeadAsync(cancellationToken).ConfigureAwait(false));

    private void OnFault(Exception fault)
    {
        LogFaulted(fault, _name);
        Volatile.Read(ref _faulted).TrySetResult();
    }

    private void OnClusterChanged() => Volatile.Read(ref _changed).TrySetResult();

    private void OnItem(ShardItem item)
    {
        var shards = _shards;
        switch (item)
        {
            case ShardBatch batch when shards.TryGetValue(batch.Shard, out var feed):
                feed.OnBatch(batch);
                break;
            case ShardHeartbeat heartbeat:
                _silos.Heard(heartbeat.Silo);
                _faults = 0;
                foreach (var (shard, head) in heartbeat.Positions)
                {
                    shards.GetValueOrDefault(shard)?.NoteHead(head);
                }

                break;
        }
    }

    [LoggerMessage(1, LogLevel.Debug, "The stream subscription of shard group {Group} is made anew.")]
    private partial void LogRenewing(string group);

    [LoggerMessage(5, LogLevel.Debug, "The stream subscription of shard group {Group} has faulted; it is made anew after a pause.")]
    private partial void LogFaulted(Exception failure, string group);

    [LoggerMessage(4, LogLevel.Error, "The feed of shard group {Group} has ended; its followers end with this error.")]
    private partial void LogGroupFailed(Exception failure, string group);

    private enum Cause
    {
        /// <summary>The cluster has changed.</summary>
        Change,

        /// <summary>The stream has failed this subscriber.</summary>
        Fault,

        /// <summary>A silo has been silent for too long.</summary>
        Silence,
    }
}
