using Azure;
using DChat.Core;
using DChat.Core.Shards;
using DChat.Core.Topics;
using DChat.Storage.Segments;

namespace DChat.Storage.Azure.Segments;

/// <summary>
/// Takes the segments of a shard over from the owner before, by writing the manifest as it is under the term of the new one: from then on
/// that owner's own manifest is refused. Only then is it known what is sealed. Whoever has taken the log last has the highest term, so an
/// owner that comes late gets neither.
/// </summary>
internal sealed class SegmentsOpener(SegmentBlobs blobs, SegmentOrigin origin, CancellationToken stop)
{
    /// <summary>How often another may write the manifest first.</summary>
    public const int MaxAttempts = 16;

    private const int MaxPauseMilliseconds = 50;

    /// <summary>Takes them.</summary>
    /// <exception cref="DChatException">
    /// What is there is damaged (<c>segment-corrupt</c>, names blob and offset), or cannot be read, or an owner of a higher term has it
    /// (<c>segment-unreadable</c>, transient).
    /// </exception>
    public async Task<AzureShardSegments> OpenAsync(ShardId shard, ulong term, CancellationToken cancellationToken)
    {
        var blob = blobs.Manifest(new LogId(origin.Log), shard);
        var (manifest, etag) = await TakeAsync(blob, shard, term, cancellationToken).ConfigureAwait(false);
        try
        {
            var opened = await SegmentOpening.OpenAsync(blobs, manifest, known: null, cancellationToken).ConfigureAwait(false);
            return new AzureShardSegments(blobs, blob, origin, manifest, etag, opened, stop);
        }
        catch (DChatException e) when (!e.IsTransient)
        {
            // The heads of topics may have been replaced and deleted, by who came after this owner.
            if (await blob.ReadAsync(cancellationToken).ConfigureAwait(false) is { } now && now.ETag != etag)
            {
                throw SegmentErrors.Unreadable(blob.Path, 0, new IOException("Another owner came meanwhile.", e));
            }

            throw;
        }
    }

    private async Task<(SegmentManifest Manifest, ETag ETag)> TakeAsync(ManifestBlob blob, ShardId shard, ulong term, CancellationToken cancellationToken)
    {
        for (var attempt = 1; attempt <= MaxAttempts; attempt++)
        {
            var found = await FindAsync(blob, shard, cancellationToken).ConfigureAwait(false);
            if (found is not null && found.Manifest.Term >= term)
            {
                throw SegmentErrors.Unreadable(blob.Path, 0, new IOException($"The shard has an owner of term {found.Manifest.Term}, and this one is of term {term}."));
            }

            var manifest = found is null
                ? new SegmentManifest(new LogId(origin.Log), shard, Guid.NewGuid(), term, Heads: null, [])
                : found.Manifest with { Owner = Guid.NewGuid(), Term = term };
            var (outcome, etag, cause) = await blob.WriteAsync(manifest, found?.ETag).ConfigureAwait(false);
            switch (outcome)
            {
                case ManifestOutcome.Written:
                    return (manifest, etag);
                case ManifestOutcome.Lost:
                    await blobs.WaitAsync(TimeSpan.FromMilliseconds(Random.Shared.Next(MaxPauseMilliseconds)), cancellationToken).ConfigureAwait(false);
                    break;
                default:
                    throw SegmentErrors.Unreadable(blob.Path, 0, BlobIo.Fault(cause!));
            }
        }

        throw SegmentErrors.Unreadable(blob.Path, 0, new IOException($"Another owner came first at each of {MaxAttempts} attempts."));
    }

    // A manifest is there before anything that it names.
    private async Task<FoundManifest?> FindAsync(ManifestBlob blob, ShardId shard, CancellationToken cancellationToken)
    {
        if (await blob.ReadAsync(cancellationToken).ConfigureAwait(false) is { } found)
        {
            return found;
        }

        IReadOnlyList<string> there;
        try
        {
            there = await blobs.ListAsync(shard, cancellationToken).ConfigureAwait(false);
        }
        catch (IOException e)
        {
            throw SegmentErrors.Unreadable(blob.Path, 0, e);
        }

        return there.Count == 0 ? null
            : await blob.ReadAsync(cancellationToken).ConfigureAwait(false) ?? throw SegmentErrors.Corrupt(blob.Path, 0, $"the blob is missing, but {there[0]} is there");
    }
}
