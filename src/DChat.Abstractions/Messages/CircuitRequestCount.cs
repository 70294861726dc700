namespace DChat.Abstractions.Messages;

/// <summary>How often peers asked something of a relay and got this answer.</summary>
[GenerateSerializer, Immutable, Alias("dchat.CircuitRequestCount")]
public sealed class CircuitRequestCount(string request, string status, long count)
{
    /// <summary><c>reserve</c> or <c>connect</c>.</summary>
    [Id(0)]
    public string Request { get; } = request;

    /// <summary><c>ok</c>, or why it was refused, such as <c>resource-limit-exceeded</c>.</summary>
    [Id(1)]
    public string Status { get; } = status;

    /// <summary>How often, since the gateway started.</summary>
    [Id(2)]
    public long Count { get; } = count;
}
