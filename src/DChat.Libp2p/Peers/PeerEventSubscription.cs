using System.Diagnostics.CodeAnalysis;

namespace DChat.Libp2p.Peers;

/// <summary>
/// The events since it was made, in order. A reader that falls behind gets fewer of them and never a wrong end: per connection, what
/// came and went between is left out, and what was read last is how things are. One reader at a time. Ends when disposed or when the
/// host stops.
/// </summary>
public sealed class PeerEventSubscription : IAsyncEnumerable<PeerEvent>, IDisposable
{
    /// <summary>Events kept for a reader before some are left out, unless asked otherwise.</summary>
    public const int DefaultCapacity = 1024;

    private readonly Lock _gate = new();
    private readonly Action<PeerEventSubscription> _onDispose;
    private readonly int _capacity;
    private Queue<PeerEvent> _events = [];
    private int _mergeAt;
    private long _merged;
    private bool _completed;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal PeerEventSubscription(int capacity, Action<PeerEventSubscription> onDispose)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        _capacity = _mergeAt = capacity;
        _onDispose = onDispose;
    }

    /// <summary>Events left out so far because the reader fell behind.</summary>
    public long Merged { get { lock (_gate) { return _merged; } } }

    /// <summary>Events that wait for the reader.</summary>
    internal int Count { get { lock (_gate) { return _events.Count; } } }

    /// <inheritdoc/>
    public async IAsyncEnumerator<PeerEvent> GetAsyncEnumerator(CancellationToken cancellationToken = default)
    {
        while (true)
        {
            PeerEvent? occurred;
            Task changed;
            bool completed;
            lock (_gate)
            {
                _events.TryDequeue(out occurred);
                changed = _changed.Task;
                completed = _completed;
            }

            if (occurred is not null)
            {
                yield return occurred;
            }
            else if (completed)
            {
                yield break;
            }
            else
            {
                await changed.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>The next event, if one waits: for a reader that comes now and then. Not together with reading asynchronously.</summary>
    public bool TryRead([NotNullWhen(true)] out PeerEvent? occurred) { lock (_gate) { return _events.TryDequeue(out occurred); } }

    /// <summary>Ends the subscription.</summary>
    public void Dispose()
    {
        Complete();
        _onDispose(this);
    }

    /// <summary>Takes in every event until they end or it is cancelled, and ends the subscription. One that fails costs none that comes after it.</summary>
    /// <param name="take">Takes in an event.</param>
    /// <param name="failed">Told when that fails.</param>
    /// <param name="cancellationToken">Ends it.</param>
    internal async Task ForEachAsync(Action<PeerEvent> take, Action<Exception> failed, CancellationToken cancellationToken)
    {
        using (this)
        {
            try
            {
                await foreach (var occurred in this.WithCancellation(cancellationToken).ConfigureAwait(false))
                {
                    try
                    {
                        take(occurred);
                    }
                    catch (Exception e)
                    {
                        failed(e);
                    }
                }
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                // Whoever reads stops.
            }
        }
    }

    internal void Add(PeerEvent occurred)
    {
        lock (_gate)
        {
            if (_completed)
            {
                return;
            }

            _events.Enqueue(occurred);
            if (_events.Count > _mergeAt)
            {
                var left = PeerEventMerge.Merge(_events);
                _merged += _events.Count - left.Count;
                _events = new Queue<PeerEvent>(left);

                // What is left is at most four events for each connection the host may have; merging it again at once would be for nothing.
                _mergeAt = Math.Max(_capacity, 2 * left.Count);
            }

            Wake();
        }
    }

    internal void Complete()
    {
        lock (_gate)
        {
            _completed = true;
            Wake();
        }
    }

    private void Wake()
    {
        _changed.TrySetResult();
        _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
