using DChat.Core.Admission;

namespace DChat.Abstractions.Flow;

/// <summary>
/// Bytes, or places, that may be held at once. Who asks for more than is left waits, so that back-pressure reaches the
/// socket instead of memory growing. Networks are served in turn, and within one who came first; no network holds more than
/// its share. Thread-safe.
/// </summary>
public sealed class ByteBudget
{
    private readonly Lock _gate = new();
    private readonly FairQueue<NetworkPrefix, Waiter> _waiters;
    private readonly Dictionary<NetworkPrefix, long> _heldBy = [];
    private readonly Func<NetworkPrefix, Waiter, bool> _isWithinShare;
    private readonly long _capacity;
    private readonly long _share;
    private long _left;

    /// <param name="capacity">How many bytes, at least 1.</param>
    /// <param name="share">How many of them one network may hold, at least 1; all by default.</param>
    public ByteBudget(long capacity, long share = long.MaxValue)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(capacity);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(share);
        _capacity = capacity;
        _share = Math.Min(share, capacity);
        _left = capacity;

        // About a hundred turns for the whole of it.
        _waiters = new FairQueue<NetworkPrefix, Waiter>((int)Math.Clamp(capacity / 128, 1, 64 * 1024));
        _isWithinShare = (prefix, waiter) => IsWithinShare(prefix, waiter.Bytes);
    }

    /// <summary>Bytes held now.</summary>
    public long Held { get { lock (_gate) { return _capacity - _left; } } }

    /// <summary>Takes bytes, waiting until there are so many. More than a share counts as a whole share.</summary>
    /// <param name="bytes">How many, 1 or more.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <param name="prefix">For whom; the same as when they are released.</param>
    public async ValueTask AcquireAsync(long bytes, CancellationToken cancellationToken, NetworkPrefix prefix = default)
    {
        Waiter waiter;
        lock (_gate)
        {
            bytes = Math.Min(bytes, _share);
            if (TryTake(bytes, prefix))
            {
                return;
            }

            waiter = new Waiter(bytes, prefix);
            _waiters.TryEnqueue(prefix, waiter, (int)Math.Clamp(bytes, 1, int.MaxValue));
        }

        using var registration = cancellationToken.UnsafeRegister(_ => Cancel(waiter, cancellationToken), state: null);
        await waiter.Granted.Task.ConfigureAwait(false);
    }

    /// <summary>Takes bytes if there are so many and nobody waits who could have them.</summary>
    public bool TryAcquire(long bytes, NetworkPrefix prefix = default)
    {
        lock (_gate)
        {
            return TryTake(Math.Min(bytes, _share), prefix);
        }
    }

    /// <summary>Gives bytes back: as many as were taken.</summary>
    public void Release(long bytes, NetworkPrefix prefix = default)
    {
        lock (_gate)
        {
            bytes = Math.Min(bytes, _share);
            _left += bytes;
            if (_share < _capacity && bytes > 0)
            {
                var held = _heldBy.GetValueOrDefault(prefix) - bytes;
                if (held > 0)
                {
                    _heldBy[prefix] = held;
                }
                else
                {
                    _heldBy.Remove(prefix);
                }
            }

            Grant();
        }
    }

    private void Grant()
    {
        while (_waiters.TryPeek(out var next, _isWithinShare) && next.Bytes <= _left)
        {
            _waiters.TryDequeue(out _, _isWithinShare);
            Hold(next.Bytes, next.Prefix);
            next.Granted.SetResult();
        }
    }

    private bool TryTake(long bytes, NetworkPrefix prefix)
    {
        if (bytes > _left || !IsWithinShare(prefix, bytes) || (_waiters.Count > 0 && _waiters.TryPeek(out _, _isWithinShare)))
        {
            return false;
        }

        Hold(bytes, prefix);
        return true;
    }

    private void Hold(long bytes, NetworkPrefix prefix)
    {
        _left -= bytes;
        if (_share < _capacity)
        {
            _heldBy[prefix] = _heldBy.GetValueOrDefault(prefix) + bytes;
        }
    }

    private bool IsWithinShare(NetworkPrefix prefix, long bytes) =>
        _share == _capacity || _heldBy.GetValueOrDefault(prefix) + bytes <= _share;

    private void Cancel(Waiter waiter, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (!_waiters.Remove(waiter.Prefix, waiter))
            {
                return;
            }

            waiter.Granted.SetCanceled(cancellationToken);

            // Whoever waits behind may want less than the one that gave up.
            Grant();
        }
    }

    private sealed class Waiter(long bytes, NetworkPrefix prefix)
    {
        public long Bytes => bytes;

        public NetworkPrefix Prefix => prefix;

        public TaskCompletionSource Granted { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
