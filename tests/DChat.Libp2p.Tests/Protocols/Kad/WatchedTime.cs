using System.Collections.Concurrent;
using Microsoft.Extensions.Time.Testing;

namespace DChat.Libp2p.Tests.Protocols.Kad;

/// <summary>Time that is moved once those who wait for it have begun to wait.</summary>
internal sealed class WatchedTime : FakeTimeProvider
{
    private readonly ConcurrentDictionary<TimeSpan, bool> _set = [];

    /// <summary>Whether anybody has set a timer for so long a time.</summary>
    public bool HasSet(TimeSpan due) => _set.ContainsKey(due);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = base.CreateTimer(callback, state, dueTime, period);
        _set[dueTime] = true;
        return timer;
    }
}
