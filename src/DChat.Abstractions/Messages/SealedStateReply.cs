namespace DChat.Abstractions.Messages;

/// <summary>The sealed state of a device.</summary>
/// <param name="Signed">The encoded <c>SignedStatement</c>; null when there is none, or the reader has it.</param>
/// <param name="IsKnown">Whether the reader has it.</param>
[GenerateSerializer, Immutable, Alias("dchat.SealedStateReply")]
public sealed record SealedStateReply([property: Id(0)] byte[]? Signed, [property: Id(1)] bool IsKnown);
