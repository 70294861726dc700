using DChat.Core;
using DChat.Core.Shards;
using DChat.Core.Topics;

namespace DChat.Storage.Azure.Log;

/// <summary>
/// Takes a shard over from the writer before. First that one is fenced: its lease is broken and an end is appended to its last blob, where
/// it alone may have appended; whichever of the two comes first, the other is refused. Only then is it known what the shard holds. The end
/// names the blob that follows, which the new writer makes. A writer that goes on in another blob ends the one before in the same way, so
/// that it cannot slip away.
/// </summary>
internal sealed class ShardOpener(LogBlobs blobs, BlockAppender appender, BlobTaker taker, LogId log, BlobCalls calls)
{
    /// <summary>How often another writer may come first. They give up only to one who has the shard.</summary>
    public const int MaxAttempts = 16;

    private const int MaxPauseMilliseconds = 50;

    /// <summary>Takes the shard.</summary>
    /// <exception cref="DChatException">
    /// Storage cannot be reached, or others took the shard each time (<c>log-unreachable</c>), or read (<c>log-unreadable</c>), both
    /// transient; or the shard is damaged (<c>log-corrupt</c>).
    /// </exception>
    public async Task<OpenedShard> OpenAsync(ShardId shard, CancellationToken cancellationToken)
    {
        for (var attempt = 1; attempt <= MaxAttempts; attempt++)
        {
            if (await TryOpenAsync(shard, cancellationToken).ConfigureAwait(false) is { } opened)
            {
                return opened;
            }

            await calls.WaitAsync(TimeSpan.FromMilliseconds(Random.Shared.Next(MaxPauseMilliseconds)), cancellationToken).ConfigureAwait(false);
        }

        throw AzureLogErrors.Contended(blobs.PathOf(new BlobName(shard, 0, 0)), MaxAttempts);
    }

    // Null when another writer came first, or there was something to finish for the one before.
    private async Task<OpenedShard?> TryOpenAsync(ShardId shard, CancellationToken cancellationToken)
    {
        var there = await blobs.ListAsync(shard, cancellationToken).ConfigureAwait(false);
        BlobName[] older = [.. there.Select(blob => blob.Name)];
        var newest = new List<LoggedMessage>();
        var (next, first) = (new BlobName(shard, Term: 1, Number: 0), 1ul);
        if (older.Length > 0)
        {
            if (await FenceAsync(older, newest, cancellationToken).ConfigureAwait(false) is not { } end)
            {
                return null;
            }

            (next, first) = (end.Next!.Value, end.Sequence);
        }

        if (next.Number > 0)
        {
            // The writer before was about to go on there. Made by another it is lost to that writer, and can be ended like any other.
            await taker.TryMakeAsync(next, Guid.NewGuid().ToString(), cancellationToken).ConfigureAwait(false);
            return null;
        }

        return await taker.TryTakeAsync(next, first, cancellationToken).ConfigureAwait(false) is { } current
            ? new OpenedShard(current, first - 1, older, newest)
            : null;
    }

    // Ends the last blob, and reads all of it. Null when it was deleted, and so is not the last any more.
    private async Task<BlobMark?> FenceAsync(BlobName[] older, List<LoggedMessage> newest, CancellationToken cancellationToken)
    {
        var last = older[^1];
        var scan = new BlobScan(blobs, log, last);
        for (var attempt = 1; attempt <= MaxAttempts; attempt++)
        {
            if (!await blobs.BreakLeaseAsync(last, cancellationToken).ConfigureAwait(false)
                || !await scan.ReadOnAsync(Keep, cancellationToken).ConfigureAwait(false))
            {
                return null;
            }

            if (scan.End is { } there)
            {
                return there;
            }

            var sequence = scan.First is null ? await SequenceBeforeAsync(older, cancellationToken).ConfigureAwait(false) : scan.Next;
            var end = new BlobMark(log, last, sequence, last.NextTerm);
            var (outcome, cause, _) = await appender.AppendAsync(last, scan.Position, end.ToBytes(), lease: null).ConfigureAwait(false);
            if (outcome == BlockOutcome.Written)
            {
                return end;
            }

            if (outcome != BlockOutcome.Lost)
            {
                throw AzureLogErrors.Unreachable(blobs.PathOf(last), cause!);
            }
        }

        throw AzureLogErrors.Contended(blobs.PathOf(last), MaxAttempts);

        void Keep(in IndexEntry entry, ulong message, uint topicSequence, long offset) =>
            newest.Add(new LoggedMessage(entry, message, topicSequence, offset));
    }

    // The last blob holds nothing, not even a beginning: what comes next is said at the end of a blob before it.
    private async Task<ulong> SequenceBeforeAsync(BlobName[] older, CancellationToken cancellationToken)
    {
        foreach (var name in older.Reverse().Skip(1))
        {
            var scan = new BlobScan(blobs, log, name);
            if (await scan.ReadOnAsync(Ignore, cancellationToken).ConfigureAwait(false) && scan.End is { } end)
            {
                return end.Sequence;
            }
        }

        return older[^1] is { Term: 1, Number: 0 }
            ? 1ul
            : throw AzureLogErrors.Corrupt(blobs.PathOf(older[^1]), 0, "it holds nothing, and the blob before it is missing");

        static void Ignore(in IndexEntry entry, ulong sequence, uint topicSequence, long offset)
        {
        }
    }
}
