using DChat.Core.Envelopes;

namespace DChat.Abstractions.Messages;

/// <summary>A sealed segment, as its shard tells of it.</summary>
/// <param name="Epoch">The number of its epoch.</param>
/// <param name="Class">The retention class of its messages.</param>
/// <param name="Root">The root of the RFC 6962 tree over its leaves, which names it: 64 hexadecimal digits.</param>
/// <param name="Count">How many messages it has.</param>
/// <param name="EnvelopeBytes">The bytes of their envelopes.</param>
[GenerateSerializer, Immutable, Alias("dchat.SegmentDescription")]
public sealed record SegmentDescription(
    [property: Id(0)] ulong Epoch,
    [property: Id(1)] RetentionClass Class,
    [property: Id(2)] string Root,
    [property: Id(3)] int Count,
    [property: Id(4)] long EnvelopeBytes);
