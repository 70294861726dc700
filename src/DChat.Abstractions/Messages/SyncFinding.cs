namespace DChat.Abstractions.Messages;

/// <summary>In which messages two sets differ.</summary>
/// <param name="Haves">The MessageIds that the peer lacks, 32 bytes each, one after the other.</param>
/// <param name="Needs">The MessageIds that we lack.</param>
/// <param name="IsExact">Whether these are all, as the digests of both sides say.</param>
/// <param name="Symbols">How many symbols of the peer's sketch it took.</param>
/// <param name="IsByNegentropy">Whether negentropy found them.</param>
[GenerateSerializer, Immutable, Alias("dchat.SyncFinding")]
public sealed record SyncFinding(
    [property: Id(0)] byte[] Haves,
    [property: Id(1)] byte[] Needs,
    [property: Id(2)] bool IsExact,
    [property: Id(3)] int Symbols,
    [property: Id(4)] bool IsByNegentropy);
