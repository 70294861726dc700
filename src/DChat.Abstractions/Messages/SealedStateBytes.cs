namespace DChat.Abstractions.Messages;

/// <summary>A sealed state of a device.</summary>
/// <param name="Signed">The encoded <c>SignedStatement</c> of a <c>SealedState</c> (<c>Protocol/identity.proto</c>).</param>
[GenerateSerializer, Immutable, Alias("dchat.SealedStateBytes")]
public sealed record SealedStateBytes([property: Id(0)] byte[] Signed);
