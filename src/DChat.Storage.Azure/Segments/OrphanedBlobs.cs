using DChat.Storage.Azure.Log;
using Microsoft.Extensions.Logging;

namespace DChat.Storage.Azure.Segments;

/// <summary>
/// Deletes what earlier owners have left: blobs of an earlier term that the manifest does not name. Since that manifest was written under a
/// new term no earlier owner can have one written that does, so this holds however late a blob is deleted, and whoever has the shard by then.
/// </summary>
internal sealed partial class OrphanedBlobs(SegmentBlobs blobs, ILogger logger)
{
    private readonly ILogger _logger = logger;

    /// <summary>Deletes them, as far as that is possible; what is left, the next owner deletes.</summary>
    /// <param name="manifest">The manifest that an owner has begun with.</param>
    /// <param name="stop">Gives up.</param>
    public async Task DeleteAsync(SegmentManifest manifest, CancellationToken stop)
    {
        try
        {
            var named = manifest.Segments.SelectMany(segment => (string[])[segment.Segment, segment.Index]).ToHashSet(StringComparer.Ordinal);
            if (manifest.Heads is { } heads)
            {
                named.Add(SegmentBlobName.HeadsOf(manifest.Shard, heads));
            }

            foreach (var name in await blobs.ListAsync(manifest.Shard, stop).ConfigureAwait(false))
            {
                if (SegmentBlobName.TryParseUpload(name, manifest.Shard, out var upload) && upload.Term < manifest.Term && !named.Contains(name))
                {
                    await blobs.DeleteAsync(name, stop).ConfigureAwait(false);
                    LogDeleted(name);
                }
            }
        }
        catch (Exception e)
        {
            if (!stop.IsCancellationRequested)
            {
                LogKept(blobs.PathOf(SegmentBlobName.PrefixOf(manifest.Shard)), AzureLogErrors.TextOf(e));
            }
        }
    }

    [LoggerMessage(EventId = 1043, Level = LogLevel.Debug, Message = "{Blob} was left by a sealing that did not end, or was replaced since, and is deleted")]
    private partial void LogDeleted(string blob);

    [LoggerMessage(EventId = 1044, Level = LogLevel.Warning, Message = "What earlier owners have left in {Folder} could not all be deleted; the next owner tries again: {Reason}")]
    private partial void LogKept(string folder, string reason);
}
