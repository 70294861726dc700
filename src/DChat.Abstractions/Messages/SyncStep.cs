using DChat.Core.Reconciliation;

namespace DChat.Abstractions.Messages;

/// <summary>What the side that learns the differences wants of its peer next, or what it has found.</summary>
/// <param name="Kind">Which of these.</param>
/// <param name="Start">The number of the first symbol that it asks for.</param>
/// <param name="Count">How many symbols it asks for.</param>
/// <param name="Message">A message of negentropy; empty when it asks for symbols, or for nothing.</param>
/// <param name="Found">What it has found, when it is done; else null.</param>
[GenerateSerializer, Immutable, Alias("dchat.SyncStep")]
public sealed record SyncStep(
    [property: Id(0)] FinderStepKind Kind,
    [property: Id(1)] int Start,
    [property: Id(2)] int Count,
    [property: Id(3)] byte[] Message,
    [property: Id(4)] SyncFinding? Found);
