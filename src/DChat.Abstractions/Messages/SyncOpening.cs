using DChat.Abstractions.Grains;

namespace DChat.Abstractions.Messages;

/// <summary>A session that has been opened.</summary>
/// <param name="Session">The session.</param>
/// <param name="Ours">The shard's set, above the higher of both sides' floors.</param>
[GenerateSerializer, Immutable, Alias("dchat.SyncOpening")]
public sealed record SyncOpening([property: Id(0)] ISyncSession Session, [property: Id(1)] SetSummary Ours);
