namespace DChat.Abstractions.Messages;

/// <summary>What one step of a scrub has read and found.</summary>
/// <param name="Next">Where to go on; null when everything was read.</param>
/// <param name="Messages">How many messages were read.</param>
/// <param name="Segments">How many segments.</param>
/// <param name="Problems">What is wrong: a sentence each.</param>
[GenerateSerializer, Immutable, Alias("dchat.ScrubPage")]
public sealed record ScrubPage(
    [property: Id(0)] ScrubPosition? Next, [property: Id(1)] int Messages, [property: Id(2)] int Segments, [property: Id(3)] string[] Problems);
