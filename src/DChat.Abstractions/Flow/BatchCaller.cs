using DChat.Core.Admission;

namespace DChat.Abstractions.Flow;

/// <summary>
/// Makes the calls of a <see cref="BatchFormer{TItem}"/>: at once, when one returns, or when the linger is over. Thread-safe.
/// </summary>
public sealed class BatchCaller<TItem>
{
    private readonly Lock _gate = new();
    private readonly BatchFormer<TItem> _former;
    private readonly Func<IReadOnlyList<TItem>, Task> _call;
    private readonly TimeProvider _time;
    private readonly ITimer _linger;
    private long? _timerDue;

    /// <param name="maxCalls">How many calls may be under way, 1 or more.</param>
    /// <param name="linger">How long an item waits for company while a call is under way.</param>
    /// <param name="call">Makes a call. Its task never faults: every failure goes to the items.</param>
    /// <param name="time">The clock.</param>
    public BatchCaller(int maxCalls, TimeSpan linger, Func<IReadOnlyList<TItem>, Task> call, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(time);
        _former = new BatchFormer<TItem>(maxCalls, (long)(linger.TotalSeconds * time.TimestampFrequency));
        _call = call;
        _time = time;
        _linger = time.CreateTimer(_ => OnLingerOver(), state: null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Adds an item, as <see cref="BatchFormer{TItem}.Add"/>.</summary>
    public void Add(NetworkPrefix prefix, TItem item, int messages, int bytes)
    {
        lock (_gate)
        {
            _former.Add(prefix, item, messages, bytes, _time.GetTimestamp());
        }

        CallWhatIsReady();
    }

    /// <summary>Takes everything that waits, without a call: whoever closes answers for it.</summary>
    public IReadOnlyList<TItem> TakeAll()
    {
        lock (_gate)
        {
            return _former.TakeAll();
        }
    }

    private void OnLingerOver()
    {
        lock (_gate)
        {
            _timerDue = null;
        }

        CallWhatIsReady();
    }

    private void CallWhatIsReady()
    {
        while (TakeReady() is { } batch)
        {
            _ = CallAsync(batch);
        }
    }

    private IReadOnlyList<TItem>? TakeReady()
    {
        lock (_gate)
        {
            var now = _time.GetTimestamp();
            var taken = _former.TryTake(now);
            if (taken is null && _former.DueAt is { } due && due != _timerDue)
            {
                // The timer counts in whole milliseconds and may fire early; then it is set again for the rest.
                _timerDue = due;
                var left = _time.GetElapsedTime(now, Math.Max(now, due));
                _linger.Change(TimeSpan.FromMilliseconds(Math.Ceiling(left.TotalMilliseconds)), Timeout.InfiniteTimeSpan);
            }

            return taken;
        }
    }

    private async Task CallAsync(IReadOnlyList<TItem> batch)
    {
        await _call(batch).ConfigureAwait(false);
        lock (_gate)
        {
            _former.Returned();
        }

        CallWhatIsReady();
    }
}
