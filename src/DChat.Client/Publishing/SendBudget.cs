namespace DChat.Client.Publishing;

/// <summary>
/// Bounds what waits to become durable: callers take a share before they seal and wait, first come first served, when
/// there is none left.
/// </summary>
internal sealed class SendBudget
{
    private readonly long _capacity;
    private readonly Lock _gate = new();
    private readonly Queue<Waiter> _waiters = new();
    private long _free;

    public SendBudget(long capacity) => _free = _capacity = capacity;

    /// <summary>Takes a share; one larger than the whole takes the whole.</summary>
    /// <returns>The size of the share, to be given back with <see cref="Release"/>.</returns>
    public async ValueTask<long> AcquireAsync(long cost, CancellationToken cancellationToken)
    {
        cost = Math.Min(cost, _capacity);
        var waiter = new Waiter(cost);
        lock (_gate)
        {
            if (_waiters.Count == 0 && _free >= cost)
            {
                _free -= cost;
                return cost;
            }

            _waiters.Enqueue(waiter);
        }

        await using var registration = cancellationToken.UnsafeRegister(
            static (state, token) => ((Waiter)state!).Granted.TrySetCanceled(token), waiter).ConfigureAwait(false);
        try
        {
            await waiter.Granted.Task.ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // Whoever waits behind may fit where this one did not.
            Release(0);
            throw;
        }

        return cost;
    }

    /// <summary>Gives a share back.</summary>
    public void Release(long cost)
    {
        lock (_gate)
        {
            _free += cost;
            while (_waiters.TryPeek(out var waiter) && (waiter.Granted.Task.IsCompleted || _free >= waiter.Cost))
            {
                _waiters.Dequeue();
                if (waiter.Granted.TrySetResult())
                {
                    _free -= waiter.Cost;
                }
            }
        }
    }

    private sealed class Waiter(long cost)
    {
        public long Cost { get; } = cost;

        public TaskCompletionSource Granted { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
