using System.Runtime.CompilerServices;

namespace DChat.Libp2p;

/// <summary>
/// The time of day as it was at the start, gone on since: what lasts for a while is measured by it, since a wall clock that is set
/// back by hours would let it last for hours more. Times of one <see cref="TimeProvider"/> can be compared, whoever asked for them.
/// </summary>
internal sealed class SteadyClock
{
    private static readonly ConditionalWeakTable<TimeProvider, SteadyClock> _clocks = [];

    private readonly TimeProvider _time;
    private readonly DateTimeOffset _startedAt;
    private readonly long _started;

    private SteadyClock(TimeProvider time) => (_time, _startedAt, _started) = (time, time.GetUtcNow(), time.GetTimestamp());

    /// <summary>The time now. It never jumps, and may differ from the wall clock by what that was set.</summary>
    internal DateTimeOffset UtcNow => _startedAt + _time.GetElapsedTime(_started);

    /// <summary>The clock of a source of time.</summary>
    internal static SteadyClock Of(TimeProvider time) => _clocks.GetValue(time, static of => new SteadyClock(of));
}
