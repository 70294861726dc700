using DChat.Storage.Segments;

namespace DChat.Storage.Azure.Segments;

/// <summary>A segment whose blobs are there, though no manifest names them yet.</summary>
/// <param name="Written">What was written.</param>
/// <param name="Blob">Where.</param>
/// <param name="Segment">The same, open.</param>
internal sealed record UploadedSegment(WrittenSegment Written, SegmentBlobName Blob, SealedSegment Segment);
