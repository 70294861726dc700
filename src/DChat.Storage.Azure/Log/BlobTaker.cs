using DChat.Core;
using DChat.Core.Shards;

namespace DChat.Storage.Azure.Log;

/// <summary>
/// Takes the blob that the end of another names. The end was appended under a condition, so there is one such name; the blob is made
/// under a condition, so one taker has it; and nobody deletes the newest blob of a shard, so who comes so late that others have come and
/// gone since finds a newer one, and gives up before anything is appended.
/// </summary>
internal sealed class BlobTaker(LogBlobs blobs, BlockAppender appender, LogId log)
{
    /// <summary>Makes the blob; false when it is another's, or was once.</summary>
    /// <exception cref="DChatException">Storage cannot be reached (<c>log-unreachable</c>, transient).</exception>
    public async Task<bool> TryMakeAsync(BlobName name, string claim, CancellationToken cancellationToken)
    {
        if (!await blobs.TryCreateAsync(name, claim, cancellationToken).ConfigureAwait(false))
        {
            return false;
        }

        var there = await blobs.ListAsync(name.Shard, cancellationToken).ConfigureAwait(false);
        return there.Count > 0 && there[^1].Name == name;
    }

    /// <summary>Makes the blob and begins it; null when it is another's.</summary>
    /// <param name="name">The blob.</param>
    /// <param name="first">The sequence of the first message that will be in it.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="DChatException">Storage cannot be reached (<c>log-unreachable</c>, transient).</exception>
    public async Task<TakenBlob?> TryTakeAsync(BlobName name, ulong first, CancellationToken cancellationToken)
    {
        var lease = Guid.NewGuid().ToString();
        if (!await TryMakeAsync(name, lease, cancellationToken).ConfigureAwait(false)
            || !await blobs.TryLeaseAsync(name, lease, cancellationToken).ConfigureAwait(false))
        {
            return null;
        }

        var begin = new BlobMark(log, name, first, Next: null);
        var (outcome, cause, _) = await appender.AppendAsync(name, position: 0, begin.ToBytes(), lease).ConfigureAwait(false);
        return outcome switch
        {
            BlockOutcome.Written => new TakenBlob(name, lease),
            BlockOutcome.Lost => null,
            _ => throw AzureLogErrors.Unreachable(blobs.PathOf(name), cause!),
        };
    }
}
