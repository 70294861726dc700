using System.Collections.Immutable;
using DChat.Storage.Segments;

namespace DChat.Storage.Azure.Segments;

/// <summary>What a manifest names, open.</summary>
/// <param name="ByBlob">The segments by the names of their blobs.</param>
/// <param name="Set">The same, as readers ask it.</param>
internal sealed record OpenedSegments(ImmutableDictionary<SegmentBlobName, SealedSegment> ByBlob, SegmentSet Set)
{
    /// <summary>Segments and heads of topics.</summary>
    public static OpenedSegments Of(IEnumerable<(SegmentBlobName Blob, SealedSegment Segment)> segments, TopicHeads heads)
    {
        var byBlob = segments.ToImmutableDictionary(each => each.Blob, each => each.Segment);
        return new OpenedSegments(byBlob, SegmentSet.Of(byBlob.Values, heads));
    }

    /// <summary>The same with more segments, and other heads.</summary>
    public OpenedSegments With(IEnumerable<UploadedSegment> more, TopicHeads heads)
    {
        var uploaded = more.ToList();
        return new OpenedSegments(
            ByBlob.AddRange(uploaded.Select(each => KeyValuePair.Create(each.Blob, each.Segment))), Set.With(uploaded.Select(each => each.Segment), heads));
    }

    /// <summary>A segment; null when it is not among them.</summary>
    public SealedSegment? Find(SegmentBlobName blob) => ByBlob.GetValueOrDefault(blob);
}
