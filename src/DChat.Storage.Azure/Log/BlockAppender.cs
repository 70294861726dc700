using Azure;
using Azure.Storage.Blobs.Models;
using DChat.Core;

namespace DChat.Storage.Azure.Log;

/// <summary>
/// Appends a block at one position of a blob, and finds out what became of it when the answer is lost: by reading back what is at the
/// position. Sent again only under the same condition, so that it is there once or not at all, however late a lost request is done.
/// </summary>
internal sealed class BlockAppender(LogBlobs blobs, BlobCalls calls, TimeSpan maxPause)
{
    /// <summary>Appends.</summary>
    /// <param name="blob">The blob.</param>
    /// <param name="position">Where it has to end now.</param>
    /// <param name="bytes">The block.</param>
    /// <param name="lease">The lease that the writer holds; null for none.</param>
    public async Task<AppendedBlock> AppendAsync(BlobName blob, long position, ReadOnlyMemory<byte> bytes, string? lease)
    {
        var isUnknown = false;
        Exception? cause = null;
        for (var attempt = 1; attempt <= calls.Attempts; attempt++)
        {
            try
            {
                await calls.OnceAsync(cancel => SendAsync(blob, position, bytes, lease, cancel), CancellationToken.None).ConfigureAwait(false);
                return new AppendedBlock(BlockOutcome.Written);
            }
            catch (Exception e)
            {
                cause = e;
            }

            var fault = BlobFault.Of(cause);
            if (fault.Kind != BlobFaultKind.Throttled)
            {
                isUnknown = true;
                if (await FindAsync(blob, position, bytes, cause).ConfigureAwait(false) is { } found)
                {
                    return new AppendedBlock(found, cause);
                }
            }

            var pause = calls.PauseAfter(attempt, fault);
            if (attempt == calls.Attempts || pause > maxPause)
            {
                return new AppendedBlock(isUnknown ? BlockOutcome.Unknown : BlockOutcome.Refused, cause, fault.RetryAfter);
            }

            await calls.WaitAsync(pause, CancellationToken.None).ConfigureAwait(false);
        }

        throw new InvalidOperationException("There is at least one attempt.");
    }

    private async Task<bool> SendAsync(BlobName blob, long position, ReadOnlyMemory<byte> bytes, string? lease, CancellationToken cancellationToken)
    {
        using var stream = BinaryData.FromBytes(bytes).ToStream();
        var options = new AppendBlobAppendBlockOptions
        {
            Conditions = new AppendBlobRequestConditions { IfAppendPositionEqual = position, LeaseId = lease },
        };
        await blobs.Client(blob).AppendBlockAsync(stream, options, cancellationToken).ConfigureAwait(false);
        return true;
    }

    // Null when it is not there and may yet be written.
    private async Task<BlockOutcome?> FindAsync(BlobName blob, long position, ReadOnlyMemory<byte> bytes, Exception cause)
    {
        try
        {
            var there = await calls.OnceAsync(
                cancel => blobs.ReadOnceAsync(blob, position, bytes.Length, cancel), CancellationToken.None).ConfigureAwait(false);
            if (there is { } found && found.Span.SequenceEqual(bytes.Span))
            {
                return BlockOutcome.Written;
            }

            // Another has written there, or the blob is gone, or the lease is.
            return there is not { Length: 0 } || cause is RequestFailedException refused && LogBlobs.IsOutdated(refused) ? BlockOutcome.Lost : null;
        }
        catch (Exception e) when (e is not DChatException)
        {
            return null;
        }
    }
}

/// <summary>What became of a block.</summary>
/// <param name="Outcome">What became of it.</param>
/// <param name="Cause">What the last attempt failed with; null when none did.</param>
/// <param name="RetryAfter">How long the service wants to be left alone, when it has said so.</param>
internal readonly record struct AppendedBlock(BlockOutcome Outcome, Exception? Cause = null, TimeSpan? RetryAfter = null);

/// <summary>What can become of a block.</summary>
internal enum BlockOutcome
{
    /// <summary>It is durable.</summary>
    Written,

    /// <summary>The position or the lease is another's. It is not there and never will be.</summary>
    Lost,

    /// <summary>The service was too busy each time. It is not there and never will be.</summary>
    Refused,

    /// <summary>Nobody knows, and a request under way may still be done.</summary>
    Unknown,
}
