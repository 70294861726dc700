using Microsoft.Extensions.Time.Testing;

namespace DChat.Libp2p.Tests.Host;

/// <summary>Time whose wall clock may be set, as an operator or NTP does: timers and timestamps go on as they were.</summary>
internal sealed class SteppedTime : FakeTimeProvider
{
    /// <summary>How far the wall clock is from where it was.</summary>
    public TimeSpan Step { get; set; }

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Step;

    public override long GetTimestamp() => base.GetUtcNow().Ticks;
}
