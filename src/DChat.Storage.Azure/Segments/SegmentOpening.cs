using DChat.Core;
using DChat.Core.Topics;
using DChat.Storage.Segments;

namespace DChat.Storage.Azure.Segments;

/// <summary>Opens the blobs of a shard's segments.</summary>
internal static class SegmentOpening
{
    /// <summary>How many segments of a shard are opened at once.</summary>
    public const int MaxAtOnce = 16;

    /// <summary>Opens everything that a manifest names.</summary>
    /// <param name="blobs">The blobs.</param>
    /// <param name="manifest">The manifest.</param>
    /// <param name="known">Those that are open already.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="DChatException">A blob is damaged or missing (<c>segment-corrupt</c>), or cannot be read (<c>segment-unreadable</c>, transient).</exception>
    public static async Task<OpenedSegments> OpenAsync(
        SegmentBlobs blobs, SegmentManifest manifest, OpenedSegments? known, CancellationToken cancellationToken)
    {
        var segments = new SealedSegment[manifest.Segments.Length];
        await Parallel.ForEachAsync(
            Enumerable.Range(0, segments.Length),
            new ParallelOptions { MaxDegreeOfParallelism = MaxAtOnce, CancellationToken = cancellationToken },
            async (i, cancel) => segments[i] = known?.Find(manifest.Segments[i])
                ?? await OpenAsync(blobs, manifest.Segments[i], manifest.Log.Value, cancel).ConfigureAwait(false)).ConfigureAwait(false);
        if (manifest.Heads is null && segments.Length > 0)
        {
            // Topics would begin again, and duplicates would not be looked for.
            throw SegmentErrors.Corrupt(blobs.PathOf(SegmentBlobName.ManifestOf(manifest.Shard)), 0, "it names no heads of topics");
        }

        var heads = manifest.Heads is { } upload ? await OpenHeadsAsync(blobs, manifest.Shard, upload, cancellationToken).ConfigureAwait(false) : TopicHeads.None;
        return OpenedSegments.Of(manifest.Segments.Zip(segments), heads);
    }

    /// <summary>Opens a segment.</summary>
    /// <exception cref="DChatException">As for all of them.</exception>
    public static async Task<SealedSegment> OpenAsync(SegmentBlobs blobs, SegmentBlobName name, Guid log, CancellationToken cancellationToken)
    {
        var index = await FileAsync(blobs, name.Index, cancellationToken).ConfigureAwait(false);
        var file = await FileAsync(blobs, name.Segment, cancellationToken).ConfigureAwait(false);
        return SealedSegment.Open(file, file.Path, index, index.Path, name.Name, log);
    }

    /// <summary>Opens heads of topics.</summary>
    /// <exception cref="DChatException">As for all of them.</exception>
    public static async Task<TopicHeads> OpenHeadsAsync(SegmentBlobs blobs, ShardId shard, UploadName upload, CancellationToken cancellationToken)
    {
        var file = await FileAsync(blobs, SegmentBlobName.HeadsOf(shard, upload), cancellationToken).ConfigureAwait(false);
        return TopicHeads.Open(upload.Number, file, file.Path);
    }

    private static async Task<BlobFile> FileAsync(SegmentBlobs blobs, string name, CancellationToken cancellationToken)
    {
        try
        {
            return await BlobFile.OpenAsync(blobs, name, cancellationToken).ConfigureAwait(false);
        }
        catch (IOException e)
        {
            throw SegmentErrors.Unreadable(blobs.PathOf(name), 0, e);
        }
    }
}
