namespace DChat.Libp2p;

/// <summary>
/// The time of day as it was at the start, gone on since: what lasts for a while is measured by it, since a wall clock that is set
/// back by hours would let it last for hours more.
/// </summary>
internal sealed class SteadyClock(TimeProvider time)
{
    private readonly DateTimeOffset _startedAt = time.GetUtcNow();
    private readonly long _started = time.GetTimestamp();

    /// <summary>The time now. It never jumps, and may differ from the wall clock by what that was set.</summary>
    internal DateTimeOffset UtcNow => _startedAt + time.GetElapsedTime(_started);
}
