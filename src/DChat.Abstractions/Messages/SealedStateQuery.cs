namespace DChat.Abstractions.Messages;

/// <summary>Asks for the sealed state of a device.</summary>
/// <param name="Known">SHA-256 of the encoded state that the reader has, which is not sent again; null when it has none.</param>
[GenerateSerializer, Immutable, Alias("dchat.SealedStateQuery")]
public sealed record SealedStateQuery([property: Id(0)] byte[]? Known);
