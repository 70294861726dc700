namespace DChat.Silo.Health;

/// <summary>What <see cref="StateHealthCheck"/> writes.</summary>
[GenerateSerializer, Alias("dchat.HealthState")]
internal sealed class HealthState
{
    [Id(0)]
    public DateTimeOffset WrittenAt { get; set; }
}
