using DChat.Core.Admission;

namespace DChat.Abstractions.Flow;

/// <summary>
/// Bytes, or places, that may be held at once. Who asks for more than is left waits, so that back-pressure reaches the
/// socket instead of memory growing. Networks are served in turn, and within one who came first; no network holds more than
/// its share. Room for what is still being read is lent: when there is none left, the network that reads most gives back its
/// oldest to one that asks for less, or a few networks that announce much and send nothing would keep everybody out.
/// Thread-safe.
/// </summary>
public sealed partial class ByteBudget
{
    private readonly Lock _gate = new();
    private readonly FairQueue<NetworkPrefix, Waiter> _waiters;
    private readonly Dictionary<NetworkPrefix, Holder> _holders = [];
    private readonly Func<NetworkPrefix, Waiter, bool> _isWithinShare;
    private readonly Func<NetworkPrefix, Waiter, bool> _mayReclaim;
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
        _mayReclaim = (prefix, waiter) => IsWithinShare(prefix, waiter.Bytes) && MayReclaim(prefix, waiter.Bytes);
    }

    /// <summary>Bytes held now.</summary>
    public long Held { get { lock (_gate) { return _capacity - _left; } } }

    /// <summary>Takes bytes, waiting until there are so many. More than a share counts as a whole share.</summary>
    /// <param name="bytes">How many, 1 or more.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <param name="prefix">For whom; the same as when they are released.</param>
    public ValueTask AcquireAsync(long bytes, CancellationToken cancellationToken, NetworkPrefix prefix = default) =>
        TakeOrWait(Math.Min(bytes, _share), prefix, reading: null, cancellationToken) is { } waiting ? new ValueTask(waiting) : default;

    /// <summary>
    /// Takes bytes for something that a peer has announced and still has to send, waiting as <see cref="AcquireAsync(long,
    /// CancellationToken, NetworkPrefix)"/> does.
    /// </summary>
    /// <param name="bytes">How many, 1 or more.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <param name="prefix">For whom; the same as when they are released.</param>
    /// <returns>The loan: to be kept when everything is read, and disposed in any case.</returns>
    public ValueTask<Reading> AcquireToReadAsync(long bytes, CancellationToken cancellationToken, NetworkPrefix prefix = default)
    {
        var reading = new Reading(this, Math.Min(bytes, _share), prefix);
        return TakeOrWait(reading.Bytes, prefix, reading, cancellationToken) is { } waiting
            ? new ValueTask<Reading>(waiting!)
            : ValueTask.FromResult(reading);
    }

    /// <summary>Null when the bytes are taken; otherwise completes when they are.</summary>
    private Task<Reading?>? TakeOrWait(long bytes, NetworkPrefix prefix, Reading? reading, CancellationToken cancellationToken)
    {
        Waiter waiter;
        lock (_gate)
        {
            if (TryTake(bytes, prefix, reading))
            {
                return null;
            }

            waiter = new Waiter(bytes, prefix, reading);
            _waiters.TryEnqueue(prefix, waiter, (int)Math.Clamp(bytes, 1, int.MaxValue));
            Grant();
        }

        waiter.GiveUpWhen(Cancel, cancellationToken);
        return waiter.Granted;
    }

    /// <summary>Takes bytes if there are so many and nobody waits who could have them.</summary>
    public bool TryAcquire(long bytes, NetworkPrefix prefix = default)
    {
        lock (_gate)
        {
            return TryTake(Math.Min(bytes, _share), prefix, reading: null);
        }
    }

    /// <summary>Gives bytes back: as many as were taken.</summary>
    public void Release(long bytes, NetworkPrefix prefix = default)
    {
        lock (_gate)
        {
            LetGo(Math.Min(bytes, _share), prefix);
            Grant();
        }
    }

    private void Grant()
    {
        while (_waiters.Count > 0)
        {
            if (_waiters.TryPeek(out var next, _isWithinShare) && next.Bytes <= _left)
            {
                _waiters.TryDequeue(out _, _isWithinShare);
            }
            else if (TryFindVictim() && _waiters.TryDequeue(out next, _mayReclaim))
            {
                Reclaim(next.Bytes);
            }
            else
            {
                return;
            }

            Hold(next.Bytes, next.Prefix, next.Reading);
            next.Grant();
        }
    }

    private bool TryTake(long bytes, NetworkPrefix prefix, Reading? reading)
    {
        if (bytes > _left || !IsWithinShare(prefix, bytes) || (_waiters.Count > 0 && _waiters.TryPeek(out _, _isWithinShare)))
        {
            return false;
        }

        Hold(bytes, prefix, reading);
        return true;
    }

    private void Hold(long bytes, NetworkPrefix prefix, Reading? reading)
    {
        _left -= bytes;
        if (!_holders.TryGetValue(prefix, out var holder))
        {
            _holders[prefix] = holder = new Holder();
        }

        holder.Held += bytes;
        if (reading is not null)
        {
            holder.Add(reading);
        }
    }

    private void LetGo(long bytes, NetworkPrefix prefix)
    {
        _left += bytes;
        if (_holders.TryGetValue(prefix, out var holder) && (holder.Held -= bytes) <= 0)
        {
            _holders.Remove(prefix);
        }
    }

    private bool IsWithinShare(NetworkPrefix prefix, long bytes) => _share == _capacity || HeldBy(prefix) + bytes <= _share;

    private long HeldBy(NetworkPrefix prefix) => _holders.TryGetValue(prefix, out var holder) ? holder.Held : 0;

    private void Cancel(Waiter waiter, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (_waiters.Remove(waiter.Prefix, waiter))
            {
                waiter.Cancel(cancellationToken);

                // Whoever waits behind may want less than the one that gave up.
                Grant();
            }
        }
    }

    private sealed class Waiter(long bytes, NetworkPrefix prefix, Reading? reading)
    {
        private readonly TaskCompletionSource<Reading?> _granted = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private CancellationTokenRegistration _registration;

        public long Bytes => bytes;

        public NetworkPrefix Prefix => prefix;

        public Reading? Reading => reading;

        public Task<Reading?> Granted => _granted.Task;

        public void GiveUpWhen(Action<Waiter, CancellationToken> giveUp, CancellationToken cancellationToken)
        {
            _registration = cancellationToken.UnsafeRegister(_ => giveUp(this, cancellationToken), state: null);
            if (_granted.Task.IsCompleted)
            {
                _registration.Unregister();
            }
        }

        // Unregister and not Dispose, which would wait for a callback that waits for the lock.
        public void Grant()
        {
            _granted.SetResult(reading);
            _registration.Unregister();
        }

        public void Cancel(CancellationToken cancellationToken) => _granted.SetCanceled(cancellationToken);
    }
}
