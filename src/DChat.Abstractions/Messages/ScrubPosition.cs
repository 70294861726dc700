namespace DChat.Abstractions.Messages;

/// <summary>How far a scrub of a shard has come: segments first, by root, then what is open, by sequence.</summary>
/// <param name="Segment">The root of the last segment that was read, 64 hexadecimal digits; empty before the first, and null when all were.</param>
/// <param name="Sequence">The sequence of the last open message that was read; 0 before the first.</param>
[GenerateSerializer, Immutable, Alias("dchat.ScrubPosition")]
public sealed record ScrubPosition([property: Id(0)] string? Segment, [property: Id(1)] ulong Sequence)
{
    /// <summary>The beginning.</summary>
    public static ScrubPosition Start { get; } = new("", 0);
}
