namespace DChat.Storage.Tests.State;

/// <summary>A state that compares by value, in any serializer.</summary>
[GenerateSerializer, Alias("dchat.tests.ProbeState")]
public sealed record ProbeState
{
    [Id(0)]
    public string? Text { get; set; }

    [Id(1)]
    public long Number { get; set; }
}
