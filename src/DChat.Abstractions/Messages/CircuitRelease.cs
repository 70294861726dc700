namespace DChat.Abstractions.Messages;

/// <summary>What became of the wish that a gateway forgets a relay. A type of its own, because a bare <c>bool?</c> would put a name of .NET on the wire.</summary>
[GenerateSerializer, Immutable, Alias("dchat.CircuitRelease")]
public sealed class CircuitRelease(bool wasKnown)
{
    /// <summary>Whether the relay was named or reserved at.</summary>
    [Id(0)]
    public bool WasKnown { get; } = wasKnown;
}
