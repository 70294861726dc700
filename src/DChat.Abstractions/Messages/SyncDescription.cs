namespace DChat.Abstractions.Messages;

/// <summary>How a gateway reconciles its cluster's shards with partners.</summary>
/// <param name="Gateway">The gateway's PeerId as text.</param>
/// <param name="Partners">The partners that are named in its settings, in their order.</param>
/// <param name="Served">How many sessions of others it has served since it started.</param>
[GenerateSerializer, Immutable, Alias("dchat.SyncDescription")]
public sealed record SyncDescription(
    [property: Id(0)] string Gateway, [property: Id(1)] SyncPartnerDescription[] Partners, [property: Id(2)] long Served);
