namespace DChat.Storage.Segments;

/// <summary>A segment that is written and durable in a directory, but not yet under its name.</summary>
/// <param name="Written">The segment.</param>
/// <param name="SegmentPath">Where the canonical file is for now.</param>
/// <param name="IndexPath">Where the side index is for now.</param>
internal sealed record SegmentDraft(WrittenSegment Written, string SegmentPath, string IndexPath);
