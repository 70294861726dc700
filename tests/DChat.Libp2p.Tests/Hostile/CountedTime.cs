using Microsoft.Extensions.Time.Testing;

namespace DChat.Libp2p.Tests.Hostile;

/// <summary>Time that knows how many of its timers can still fire.</summary>
internal sealed class CountedTime : FakeTimeProvider
{
    private int _timers;

    /// <summary>Timers that were set for some time, and that neither have fired for the last time nor were disposed.</summary>
    public int Timers => Volatile.Read(ref _timers);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(this, callback, state);
        timer.Begin(target => base.CreateTimer(target, null, dueTime, period), dueTime, period);
        return timer;
    }

    private sealed class Timer(CountedTime time, TimerCallback callback, object? state) : ITimer
    {
        private readonly Lock _gate = new();
        private ITimer? _inner;
        private bool _counts;
        private bool _repeats;
        private bool _isDisposed;

        public void Begin(Func<TimerCallback, ITimer> create, TimeSpan dueTime, TimeSpan period)
        {
            Set(dueTime, period);
            _inner = create(_ => Fire());
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            Set(dueTime, period);
            return _inner?.Change(dueTime, period) ?? true;
        }

        public void Dispose()
        {
            Count(false, isLast: true);
            _inner?.Dispose();
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return default;
        }

        private void Set(TimeSpan dueTime, TimeSpan period)
        {
            _repeats = period > TimeSpan.Zero;
            Count(dueTime >= TimeSpan.Zero);
        }

        private void Fire()
        {
            if (!_repeats)
            {
                Count(false);
            }

            callback(state);
        }

        private void Count(bool counts, bool isLast = false)
        {
            lock (_gate)
            {
                // One that was disposed may still be changed, and fires no more.
                counts &= !_isDisposed;
                _isDisposed |= isLast;
                Interlocked.Add(ref time._timers, (counts ? 1 : 0) - (_counts ? 1 : 0));
                _counts = counts;
            }
        }
    }
}
