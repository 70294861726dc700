using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using DChat.Core;
using DChat.Core.Shards;
using DChat.Core.Topics;
using DChat.Storage.Azure.Log;
using DChat.Storage.Segments;

namespace DChat.Storage.Azure.Segments;

/// <summary>
/// The manifest blob of one shard. It is written only in the place of the state that the writer has seen, so of two writers one is refused;
/// when an answer is lost, what is there now tells which one.
/// </summary>
/// <param name="blob">The blob.</param>
/// <param name="path">Its full name, for people.</param>
/// <param name="calls">Makes the requests.</param>
/// <param name="log">The log that it has to be of.</param>
/// <param name="shard">The shard that it has to be of.</param>
internal sealed class ManifestBlob(BlobClient blob, string path, BlobCalls calls, LogId log, ShardId shard)
{
    /// <summary>Its full name, for people.</summary>
    public string Path => path;

    /// <summary>Reads it; null when there is none.</summary>
    /// <exception cref="DChatException">It is damaged or of another log (<c>segment-corrupt</c>), or cannot be read (<c>segment-unreadable</c>, transient).</exception>
    public async Task<FoundManifest?> ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await calls.RepeatAsync(ReadOnceAsync, cancellationToken, calls.MaxPause).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not DChatException && !cancellationToken.IsCancellationRequested)
        {
            throw SegmentErrors.Unreadable(path, 0, BlobIo.Fault(e));
        }
    }

    /// <summary>Writes it, to the end: a write that may yet be done is no longer the caller's to give up.</summary>
    /// <param name="manifest">What to write: never the same twice.</param>
    /// <param name="expected">The state that it has to be in; null when there must be none.</param>
    /// <exception cref="DChatException">What is there is damaged (<c>segment-corrupt</c>).</exception>
    public async Task<ManifestWrite> WriteAsync(SegmentManifest manifest, ETag? expected)
    {
        var bytes = manifest.ToBytes();
        var mayBeDone = false;
        Exception cause = new TimeoutException();
        for (var attempt = 1; attempt <= calls.Attempts; attempt++)
        {
            try
            {
                return new ManifestWrite(
                    ManifestOutcome.Written, await calls.OnceAsync(cancel => SendAsync(bytes, expected, cancel), CancellationToken.None).ConfigureAwait(false));
            }
            catch (Exception e)
            {
                cause = e;
            }

            var fault = BlobFault.Of(cause);
            mayBeDone |= fault.Kind == BlobFaultKind.Unknown;
            if (fault.Kind != BlobFaultKind.Throttled)
            {
                if (await FindAsync(bytes, expected).ConfigureAwait(false) is { } found)
                {
                    return found;
                }

                if (fault.Kind == BlobFaultKind.Refused && !mayBeDone)
                {
                    return new ManifestWrite(IsOutdated(cause) ? ManifestOutcome.Lost : ManifestOutcome.Refused, Cause: cause);
                }
            }

            var pause = calls.PauseAfter(attempt, fault);
            if (attempt == calls.Attempts || pause > calls.MaxPause)
            {
                break;
            }

            await calls.WaitAsync(pause, CancellationToken.None).ConfigureAwait(false);
        }

        return new ManifestWrite(mayBeDone ? ManifestOutcome.Unknown : ManifestOutcome.Refused, Cause: cause);
    }

    private static bool IsOutdated(Exception fault) => fault is RequestFailedException refused && LogBlobs.IsOutdated(refused);

    private async Task<ETag> SendAsync(byte[] bytes, ETag? expected, CancellationToken cancellationToken)
    {
        var options = new BlobUploadOptions
        {
            Conditions = expected is { } tag ? new BlobRequestConditions { IfMatch = tag } : new BlobRequestConditions { IfNoneMatch = ETag.All },
        };
        return (await blob.UploadAsync(BinaryData.FromBytes(bytes), options, cancellationToken).ConfigureAwait(false)).Value.ETag;
    }

    // Null when it is as it was, and may yet be written, or cannot be read either.
    private async Task<ManifestWrite?> FindAsync(byte[] bytes, ETag? expected)
    {
        try
        {
            var found = await calls.OnceAsync(ReadOnceAsync, CancellationToken.None).ConfigureAwait(false);
            return found is not null && found.Bytes.Span.SequenceEqual(bytes) ? new ManifestWrite(ManifestOutcome.Written, found.ETag)
                : found?.ETag != expected ? new ManifestWrite(ManifestOutcome.Lost)
                : null;
        }
        catch (Exception e) when (e is not DChatException)
        {
            return null;
        }
    }

    private async Task<FoundManifest?> ReadOnceAsync(CancellationToken cancellationToken)
    {
        try
        {
            var content = await blob.DownloadContentAsync(
                new BlobDownloadOptions { Range = new HttpRange(0, SegmentManifest.MaxLength + 1) }, cancellationToken).ConfigureAwait(false);
            var bytes = content.Value.Content.ToMemory();
            return SegmentManifest.Read(bytes.Span) is { } manifest && manifest.Log == log && manifest.Shard == shard
                ? new FoundManifest(manifest, bytes, content.Value.Details.ETag)
                : throw SegmentErrors.Corrupt(path, 0, "it is not the manifest of this shard and log, or does not match its checksum");
        }
        catch (RequestFailedException e) when (LogBlobs.IsMissing(e))
        {
            return null;
        }
        catch (RequestFailedException e) when (e.ErrorCode == BlobErrorCode.InvalidRange)
        {
            throw SegmentErrors.Corrupt(path, 0, "it is empty");
        }
    }
}

/// <summary>What became of a write of the manifest.</summary>
/// <param name="Outcome">What became of it.</param>
/// <param name="ETag">The state that it is in now, when it is written.</param>
/// <param name="Cause">What the last attempt failed with; null when that is no longer of interest.</param>
internal readonly record struct ManifestWrite(ManifestOutcome Outcome, ETag ETag = default, Exception? Cause = null);

/// <summary>What can become of a write of the manifest.</summary>
internal enum ManifestOutcome
{
    /// <summary>It is durable.</summary>
    Written,

    /// <summary>
    /// The manifest is in another state. What was to be written is not there and never will be; but it may have been, and another owner has gone
    /// on from it.
    /// </summary>
    Lost,

    /// <summary>The service did not want it. It is not there and never will be.</summary>
    Refused,

    /// <summary>Nobody knows, and a request under way may still be done as long as the manifest stays in the same state.</summary>
    Unknown,
}
