using DChat.Abstractions.Grains;
using DChat.Abstractions.Streams;
using Microsoft.Extensions.Logging;

namespace DChat.Feeds;

/// <summary>
/// Keeps one stream subscription of a shard group, and renews it on demand. Whatever the cluster grants, however late, is
/// either that one or given back.
/// </summary>
internal sealed partial class StreamSubscription(
    IShardCluster cluster, string network, int group, Action<ShardItem> onItem, Action<Exception> onFault, RetryPolicy retry, TimeProvider time, ILogger logger)
    : IAsyncDisposable
{
    /// <summary>How long the cluster has to take a subscription back.</summary>
    internal static readonly TimeSpan ReleaseTimeout = TimeSpan.FromSeconds(2);

    private readonly Lock _gate = new();
    private readonly List<Abandoned> _abandoned = [];
    private readonly ILogger _logger = logger;
    private IGrantedSubscription? _current;
    private int _renewals;
    private bool _disposed;

    /// <summary>Gives the present subscription back and makes another, trying until cancelled. One call at a time.</summary>
    public async Task RenewAsync(CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _renewals);
        await ReleaseAsync().ConfigureAwait(false);
        await retry.RunAsync(SubscribeOnceAsync, limit: null, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Whether the cluster still knows the present subscription, asking until cancelled.</summary>
    public Task<bool> IsKnownAsync(CancellationToken cancellationToken)
    {
        IGrantedSubscription? current;
        lock (_gate)
        {
            current = _current;
        }

        return current is null
            ? Task.FromResult(false)
            : retry.RunAsync(current.IsKnownAsync, limit: null, cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            _disposed = true;
        }

        await ReleaseAsync().ConfigureAwait(false);
    }

    // The cluster may answer an attempt that was given up: after it answered the next one, or after this object was disposed.
    // Such a subscription is given back.
    private async Task<bool> SubscribeOnceAsync()
    {
        var renewal = Volatile.Read(ref _renewals);
        var granted = await cluster.SubscribeAsync(network, group, onItem, fault => OnFault(fault, renewal)).ConfigureAwait(false);
        lock (_gate)
        {
            if (!_disposed && _current is null)
            {
                _current = granted;
                return true;
            }
        }

        await granted.DisposeAsync().ConfigureAwait(false);
        return false;
    }

    // A subscription that has been given back may still fault: that says nothing of the present one.
    private void OnFault(Exception fault, int renewal)
    {
        if (renewal == Volatile.Read(ref _renewals))
        {
            onFault(fault);
        }
    }

    // A subscription that cannot be given back now delivers repeats, which followers drop; the next renewal tries again.
    private async Task ReleaseAsync()
    {
        lock (_gate)
        {
            if (_current is not null)
            {
                _abandoned.Add(new Abandoned(_current));
                _current = null;
            }
        }

        foreach (var subscription in _abandoned.ToArray())
        {
            try
            {
                await subscription.ReleaseAsync().WaitAsync(ReleaseTimeout, time).ConfigureAwait(false);
                _abandoned.Remove(subscription);
            }
            catch (Exception failure)
            {
                LogReleaseFailed(failure, network, group);
            }
        }
    }

    /// <summary>A subscription to be given back: a slow attempt goes on, and only one that failed is made again.</summary>
    private sealed class Abandoned(IGrantedSubscription subscription)
    {
        private Task? _release;

        public Task ReleaseAsync() =>
            _release = _release is null or { IsFaulted: true } or { IsCanceled: true } ? subscription.DisposeAsync().AsTask() : _release;
    }

    [LoggerMessage(2, LogLevel.Debug, "A stream subscription of {Network}, group {Group}, could not be given back; it is tried again at the next renewal.")]
    private partial void LogReleaseFailed(Exception failure, string network, int group);
}
