namespace DChat.Abstractions.Messages;

/// <summary>What a shard has sealed.</summary>
/// <param name="Segments">The segments that were written.</param>
/// <param name="Holes">The sequences of messages that could not be read back, and stay where they are.</param>
[GenerateSerializer, Immutable, Alias("dchat.SealReply")]
public sealed record SealReply([property: Id(0)] SegmentDescription[] Segments, [property: Id(1)] ulong[] Holes);
