using DChat.Core.Segments;
using DChat.Core.Shards;
using DChat.Core.Topics;
using DChat.Storage.Segments;

namespace DChat.Storage.Azure.Segments;

/// <summary>The blobs of one sealing. They count for nothing until a manifest names them.</summary>
/// <param name="blobs">The blobs.</param>
/// <param name="shard">The shard.</param>
/// <param name="name">The folder of the sealing.</param>
/// <param name="origin">What all segments of the log have in common.</param>
internal sealed class SegmentUpload(SegmentBlobs blobs, ShardId shard, UploadName name, SegmentOrigin origin)
{
    private readonly List<string> _sent = [];

    /// <summary>The folder of the sealing.</summary>
    public UploadName Name => name;

    /// <summary>Writes a segment and opens it.</summary>
    /// <returns>Null, and <paramref name="holes"/>, when messages cannot be read back.</returns>
    public async ValueTask<UploadedSegment?> WriteAsync(
        SegmentId id, IndexedMessage[] ordered, ReadEnvelopes read, List<ulong> holes, CancellationToken cancellationToken)
    {
        using var file = DraftFile.Create();
        using var indexFile = DraftFile.Create();
        if (await WrittenSegment.WriteAsync(origin, id, ordered, file, indexFile, read, holes, cancellationToken).ConfigureAwait(false) is not { } written)
        {
            return null;
        }

        var blob = new SegmentBlobName(written.Name, name);
        await SendAsync(blob.Index, indexFile, cancellationToken).ConfigureAwait(false);
        await SendAsync(blob.Segment, file, cancellationToken).ConfigureAwait(false);
        return new UploadedSegment(written, blob, await SegmentOpening.OpenAsync(blobs, blob, origin.Log, cancellationToken).ConfigureAwait(false));
    }

    /// <summary>Writes heads of topics anew, with newer ones, and opens them.</summary>
    public async Task<TopicHeads> WriteHeadsAsync(TopicHeads heads, IEnumerable<TopicRow> newer, CancellationToken cancellationToken)
    {
        using var file = DraftFile.Create();
        heads.Write(newer, file);
        await SendAsync(SegmentBlobName.HeadsOf(shard, name), file, cancellationToken).ConfigureAwait(false);
        return await SegmentOpening.OpenHeadsAsync(blobs, shard, name, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Deletes what was sent, as far as that is possible; what is left the next owner deletes. Not to be called when a manifest names it, or may yet.</summary>
    public async Task DiscardAsync()
    {
        foreach (var blob in _sent)
        {
            if (!await blobs.TryDeleteAsync(blob).ConfigureAwait(false))
            {
                return;
            }
        }
    }

    private Task SendAsync(string blob, DraftFile file, CancellationToken cancellationToken)
    {
        _sent.Add(blob);
        return blobs.UploadAsync(blob, file, cancellationToken);
    }
}
