using Azure;
using DChat.Core;
using DChat.Core.Segments;
using DChat.Core.Shards;
using DChat.Core.Topics;
using DChat.Storage.Segments;

namespace DChat.Storage.Azure.Segments;

/// <summary>
/// The segments of one shard for one owner. One sealing at a time: it writes blobs that nobody knows of, opens them, and then has the
/// manifest name them, in the place of the manifest that this owner knows. When another owner has written the manifest, that is refused,
/// and nothing is sealed here any more.
/// </summary>
internal sealed class AzureShardSegments : IShardSegments, IAsyncDisposable
{
    private readonly SegmentBlobs _blobs;
    private readonly ManifestBlob _blob;
    private readonly SegmentOrigin _origin;
    private readonly CancellationToken _stop;
    private readonly SemaphoreSlim _gate = new(1, 1);
    private SegmentManifest _manifest;
    private ETag _etag;
    private volatile OpenedSegments _opened;
    private UploadName? _headsBefore;
    private uint _sealings;
    private bool _isFenced;

    // A manifest that was not answered may be there, or come to be.
    private bool _isUncertain;

    public AzureShardSegments(
        SegmentBlobs blobs, ManifestBlob blob, SegmentOrigin origin, SegmentManifest manifest, ETag etag, OpenedSegments opened, CancellationToken stop)
    {
        (_blobs, _blob, _origin, _etag, _opened, _stop) = (blobs, blob, origin, etag, opened, stop);
        BegunWith = _manifest = manifest;
    }

    /// <inheritdoc/>
    public ISealedMessages Sealed => _opened.Set;

    /// <inheritdoc/>
    public IReadOnlyList<SealedRoot> Segments =>
        [.. _opened.Set.Segments.Select(segment => segment.Told).OrderBy(told => told.Id.Epoch).ThenBy(told => told.Id.Class)];

    /// <summary>The manifest that this owner has begun with.</summary>
    public SegmentManifest BegunWith { get; }

    private ShardId Shard => BegunWith.Shard;

    /// <inheritdoc/>
    public async ValueTask<SealResult> SealAsync(
        EpochId epoch, IReadOnlyList<IndexedMessage> messages, IShardLogWriter writer, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            ObjectDisposedException.ThrowIf(_stop.IsCancellationRequested, typeof(AzureSegmentStore));
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stop);
            return await Task.Run(() => SealUnderGateAsync(epoch, messages, writer, either.Token), either.Token).ConfigureAwait(false);
        }
        catch (FencedException)
        {
            return new SealResult([], []);
        }
        catch (IOException e)
        {
            throw SegmentErrors.Unwritable(_blobs.PathOf(SegmentBlobName.PrefixOf(Shard)), e);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Completes when no sealing is under way. The store, which is closing, has them given up.</summary>
    public async ValueTask DisposeAsync()
    {
        await _gate.WaitAsync(CancellationToken.None).ConfigureAwait(false);
        _gate.Release();
    }

    private async Task<SealResult> SealUnderGateAsync(
        EpochId epoch, IReadOnlyList<IndexedMessage> messages, IShardLogWriter writer, CancellationToken cancellationToken)
    {
        await MakeCertainAsync(cancellationToken).ConfigureAwait(false);
        var upload = new SegmentUpload(_blobs, Shard, new UploadName(_manifest.Term, ++_sealings), _origin);
        var isSealed = false;
        try
        {
            var sealing = new Sealing<UploadedSegment>(Shard, _opened.Set, writer, upload.WriteAsync);
            var segments = await sealing.DraftAsync(epoch, messages, cancellationToken).ConfigureAwait(false);
            var result = sealing.Result([.. segments.Select(segment => segment.Written.Told)]);
            if (segments.Count > 0 || sealing.Lost.Count > 0)
            {
                var heads = await upload.WriteHeadsAsync(
                    _opened.Set.Topics,
                    TopicRow.Newest(segments.SelectMany(segment => segment.Written.TopicHeads).Concat(sealing.Lost)),
                    cancellationToken).ConfigureAwait(false);
                cancellationToken.ThrowIfCancellationRequested();
                await CommitAsync(writer, upload.Name, segments, heads).ConfigureAwait(false);
                isSealed = true;
            }
            else if (result.Holes.Count > 0)
            {
                // What another owner has sealed may be gone from the log.
                await RequireOwnAsync(cancellationToken).ConfigureAwait(false);
            }

            return result;
        }
        catch (DChatException e) when (!e.IsTransient)
        {
            // What was sent a moment ago is gone when another owner deletes what its manifest does not name.
            await RequireOwnAsync(cancellationToken).ConfigureAwait(false);
            throw;
        }
        finally
        {
            if (!isSealed && !_isUncertain)
            {
                await upload.DiscardAsync().ConfigureAwait(false);
            }
        }
    }

    private async Task CommitAsync(IShardLogWriter writer, UploadName upload, List<UploadedSegment> segments, TopicHeads heads)
    {
        if (writer.IsFenced)
        {
            throw new FencedException();
        }

        if (_manifest.Segments.Length + segments.Count > SegmentManifest.MaxSegments)
        {
            throw new IOException($"A shard has at most {SegmentManifest.MaxSegments} segments.");
        }

        var next = _manifest with { Heads = upload, Segments = _manifest.Segments.AddRange(segments.Select(segment => segment.Blob)) };
        _isUncertain = true;
        var (outcome, etag, cause) = await _blob.WriteAsync(next, _etag).ConfigureAwait(false);
        switch (outcome)
        {
            case ManifestOutcome.Written:
                var before = _manifest.Heads;
                (_manifest, _etag, _opened, _isUncertain) = (next, etag, _opened.With(segments, heads), false);
                await LetGoOfHeadsAsync(before).ConfigureAwait(false);
                return;
            case ManifestOutcome.Lost:
                // Another owner's, or a manifest of this one that nobody had answered. Either way this one never will be there by itself.
                await MakeCertainAsync(CancellationToken.None).ConfigureAwait(false);
                throw new IOException("What an earlier sealing had asked for was done meanwhile.");
            case ManifestOutcome.Refused:
                _isUncertain = false;
                throw BlobIo.Fault(cause!);
            default:
                throw BlobIo.Fault(cause!);
        }
    }

    // Not those just replaced: a look-up may be at them.
    private async Task LetGoOfHeadsAsync(UploadName? replaced)
    {
        if (_headsBefore is { } old)
        {
            await _blobs.TryDeleteAsync(SegmentBlobName.HeadsOf(Shard, old)).ConfigureAwait(false);
        }

        _headsBefore = replaced;
    }

    private async Task MakeCertainAsync(CancellationToken cancellationToken)
    {
        if (_isFenced)
        {
            throw new FencedException();
        }

        if (!_isUncertain)
        {
            return;
        }

        var found = await RequireOwnAsync(cancellationToken).ConfigureAwait(false);
        if (found.ETag != _etag)
        {
            var opened = await SegmentOpening.OpenAsync(_blobs, found.Manifest, _opened, cancellationToken).ConfigureAwait(false);
            (_manifest, _etag, _opened) = (found.Manifest, found.ETag, opened);
        }

        _isUncertain = false;
    }

    private async Task<FoundManifest> RequireOwnAsync(CancellationToken cancellationToken)
    {
        var found = await _blob.ReadAsync(cancellationToken).ConfigureAwait(false) ?? throw SegmentErrors.Corrupt(_blob.Path, 0, "the blob is missing");
        if (found.Manifest.Owner != _manifest.Owner)
        {
            // What this owner has asked for and was not answered is refused from now on. But if it was done before, the other one has gone on
            // from it and names it, so it is not to be deleted.
            var last = new UploadName(_manifest.Term, _sealings);
            _isFenced = true;
            _isUncertain &= found.Manifest.Heads == last || found.Manifest.Segments.Any(segment => segment.Upload == last);
            throw new FencedException();
        }

        return found;
    }
}
