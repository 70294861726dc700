using DChat.Core;
using DChat.Core.Shards;

namespace DChat.Storage.Azure.Log;

/// <summary>Tells of the messages in the blobs of a shard that came before the writer's own, and checks that none is missing between them.</summary>
internal sealed class ShardReplayer(AzureLogParts log, ShardBlobs blobs)
{
    /// <summary>Tells of them.</summary>
    /// <param name="newest">Those of the last blob, when they are known already.</param>
    /// <param name="message">Takes each.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The sequence of the last one; null when there is none.</returns>
    /// <exception cref="DChatException">A blob is damaged or missing (<c>log-corrupt</c>), or cannot be read (<c>log-unreadable</c>, transient).</exception>
    public async Task<ulong?> ReplayAsync(IReadOnlyList<LoggedMessage>? newest, ReplayMessage message, CancellationToken cancellationToken)
    {
        ulong? through = null;
        for (uint number = 0; number < blobs.Newest; number++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (newest is not null && number == blobs.Newest - 1)
            {
                Tell(newest, number, ref through, message);
            }
            else
            {
                through = await TellAsync(number, through, message, cancellationToken).ConfigureAwait(false);
            }

            blobs.Ends(number, through ?? 0);
        }

        return through;
    }

    private void Tell(IReadOnlyList<LoggedMessage> messages, uint number, ref ulong? through, ReplayMessage message)
    {
        foreach (var one in messages)
        {
            RequireNext(one.Sequence, through, number);
            message(one.Entry, one.Sequence, one.TopicSequence, LogLocation.Of(number, one.Offset));
            through = one.Sequence;
        }
    }

    private async Task<ulong?> TellAsync(uint number, ulong? through, ReplayMessage message, CancellationToken cancellationToken)
    {
        var scan = new BlobScan(log.Blobs, log.Id, blobs[number]);
        if (!await scan.ReadOnAsync(Take, cancellationToken).ConfigureAwait(false) && (through is not null || scan.HasMessages))
        {
            // A writer before this one is still deleting what it was told to release, from the oldest on.
            throw AzureLogErrors.Released(log.Blobs.PathOf(scan.Name));
        }

        if (scan.HasMessages && scan.End is null)
        {
            throw AzureLogErrors.Corrupt(log.Blobs.PathOf(scan.Name), scan.Position, "another blob follows, and it has no end");
        }

        return through;

        void Take(in IndexEntry entry, ulong sequence, uint topicSequence, long offset)
        {
            RequireNext(sequence, through, number);
            message(entry, sequence, topicSequence, LogLocation.Of(number, offset));
            through = sequence;
        }
    }

    private void RequireNext(ulong sequence, ulong? through, uint number)
    {
        if (through is { } last && sequence != last + 1)
        {
            throw AzureLogErrors.Corrupt(log.Blobs.PathOf(blobs[number]), 0, $"it goes on with sequence {sequence}, but the blobs before it end with {last}");
        }
    }
}
