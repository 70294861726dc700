namespace DChat.Gateway;

/// <summary>
/// Bytes that may be held at once. Who asks for more than is left waits, first come, first served, so that back-pressure
/// reaches the socket instead of memory growing.
/// </summary>
internal sealed class ByteBudget
{
    private readonly Lock _gate = new();
    private readonly LinkedList<Waiter> _waiters = [];
    private readonly long _capacity;
    private long _left;

    /// <param name="capacity">How many bytes, at least 1.</param>
    public ByteBudget(long capacity)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(capacity);
        _capacity = capacity;
        _left = capacity;
    }

    /// <summary>Bytes held now.</summary>
    public long Held { get { lock (_gate) { return _capacity - _left; } } }

    /// <summary>Takes bytes, waiting until there are so many. More than the whole budget counts as all of it.</summary>
    public async ValueTask AcquireAsync(long bytes, CancellationToken cancellationToken)
    {
        LinkedListNode<Waiter> node;
        lock (_gate)
        {
            if (TryTake(bytes))
            {
                return;
            }

            node = _waiters.AddLast(new Waiter(bytes));
        }

        using var registration = cancellationToken.UnsafeRegister(_ => Cancel(node, cancellationToken), state: null);
        await node.Value.Granted.Task.ConfigureAwait(false);
    }

    /// <summary>Takes bytes if there are so many and nobody waits.</summary>
    public bool TryAcquire(long bytes)
    {
        lock (_gate)
        {
            return TryTake(bytes);
        }
    }

    /// <summary>Gives bytes back: as many as were taken.</summary>
    public void Release(long bytes)
    {
        lock (_gate)
        {
            _left += Math.Min(bytes, _capacity);
            while (_waiters.First is { } first && Math.Min(first.Value.Bytes, _capacity) <= _left)
            {
                _waiters.RemoveFirst();
                _left -= Math.Min(first.Value.Bytes, _capacity);
                first.Value.Granted.SetResult();
            }
        }
    }

    private bool TryTake(long bytes)
    {
        bytes = Math.Min(bytes, _capacity);
        if (_waiters.Count > 0 || bytes > _left)
        {
            return false;
        }

        _left -= bytes;
        return true;
    }

    private void Cancel(LinkedListNode<Waiter> node, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (node.List is null)
            {
                return;
            }

            _waiters.Remove(node);
            node.Value.Granted.SetCanceled(cancellationToken);
        }

        // Whoever waits behind may want less than the one that gave up.
        Release(0);
    }

    private sealed class Waiter(long bytes)
    {
        public long Bytes => bytes;

        public TaskCompletionSource Granted { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
