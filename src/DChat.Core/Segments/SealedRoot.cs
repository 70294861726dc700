namespace DChat.Core.Segments;

/// <summary>A sealed segment by its name: its content's root.</summary>
/// <param name="Id">What it is of.</param>
/// <param name="Root">The root of the RFC 6962 tree over its leaves.</param>
/// <param name="Count">How many messages it has.</param>
/// <param name="EnvelopeBytes">The bytes of their envelopes.</param>
public sealed record SealedRoot(SegmentId Id, Bytes32 Root, int Count, long EnvelopeBytes);
