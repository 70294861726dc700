namespace DChat.Silo.Health;

/// <summary>What <see cref="StateHealthCheck"/> writes; it stays on this silo and is stored as JSON.</summary>
internal sealed class HealthState
{
    public DateTimeOffset WrittenAt { get; set; }
}
