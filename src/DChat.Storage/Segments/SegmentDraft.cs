using DChat.Core.Segments;

namespace DChat.Storage.Segments;

/// <summary>A segment that is written and durable, but not yet under its name.</summary>
/// <param name="Name">The name it gets.</param>
/// <param name="Told">What is told of it.</param>
/// <param name="SegmentPath">Where the canonical file is for now.</param>
/// <param name="IndexPath">Where the side index is for now.</param>
/// <param name="TopicHeads">The newest message of each of its topics.</param>
internal sealed record SegmentDraft(SegmentName Name, SealedRoot Told, string SegmentPath, string IndexPath, IReadOnlyList<TopicRow> TopicHeads);
