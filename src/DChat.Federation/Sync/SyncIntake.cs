using DChat.Abstractions.Admission;
using DChat.Abstractions.Grains;
using DChat.Abstractions.Messages;
using DChat.Core;
using DChat.Core.Admission;
using DChat.Core.Envelopes;
using DChat.Core.Topics;

namespace DChat.Federation.Sync;

/// <summary>
/// Takes what a partner brings through admission into its shard. Freshness and senders' quotas do not count: the partner's relay has
/// acknowledged it. Form, network, shard, floor and signature do.
/// </summary>
internal sealed class SyncIntake(IAdmissionDoor door, SyncCluster cluster, TimeProvider time)
{
    /// <summary>How long a shard that is away is waited for.</summary>
    internal static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(15);

    private readonly RetryPolicy _retry = new(time, SyncLimits.CallTimeout);

    /// <summary>Takes envelopes; completes when those that are kept are durable.</summary>
    /// <param name="envelopes">At most what a batch holds.</param>
    /// <param name="shard">Their shard.</param>
    /// <param name="partner">Who brings them.</param>
    /// <param name="wanted">What was asked for; what was not counts as refused, and what comes twice counts once.</param>
    /// <param name="cancellationToken">Gives up; some may be durable all the same.</param>
    public async Task<SyncIntakeResult> TakeAsync(
        IReadOnlyList<ReadOnlyMemory<byte>> envelopes, ShardId shard, string partner, SyncWanted wanted, CancellationToken cancellationToken)
    {
        var source = new AdmissionSource(Door.Sync, partner, NetworkPrefix.Named(partner), SourceTier.Relay);
        var verdicts = await door.AdmitAsync(envelopes, shard, source, cancellationToken).ConfigureAwait(false);
        var result = new SyncIntakeResult();
        foreach (var (_, refused) in verdicts.Refused)
        {
            result = refused.Rejection.IsTransient() ? result with { Deferred = result.Deferred + 1 } : result with { Refused = result.Refused + 1 };
        }

        foreach (var batch in verdicts.Batches)
        {
            if (batch.Results.All(each => wanted.Contains(each.Entry.Id.Value)))
            {
                result = result.With(await AppendAsync(batch, wanted, cancellationToken).ConfigureAwait(false));
            }
            else
            {
                result = result with { Refused = result.Refused + batch.Envelopes.Count };
            }
        }

        return result;
    }

    private async Task<SyncIntakeResult> AppendAsync(AdmittedBatch batch, SyncWanted wanted, CancellationToken cancellationToken)
    {
        var request = new AppendRequest(EnvelopeBatch.Pack(batch.Envelopes), [.. batch.Results.Select(each => each.Entry)], Door.Sync);
        var shard = cluster.Shard(batch.Shard);
        PublishReply reply;
        try
        {
            reply = await _retry.RunAsync(() => AppendOnceAsync(shard, request), MaxWait, cancellationToken).ConfigureAwait(false);
        }
        catch (DChatException failure) when (failure.IsTransient)
        {
            return new SyncIntakeResult { Deferred = batch.Envelopes.Count };
        }

        door.Settle(batch, reply.Results);
        var kept = reply.Results.Where((each, i) => each.IsAccepted && wanted.TryKeep(batch.Results[i].Entry.Id.Value)).ToList();
        return new SyncIntakeResult
        {
            Kept = kept.Count,
            Duplicates = kept.Count(each => each.IsDuplicate),
            Deferred = reply.Results.Count(each => each.Rejection.IsTransient()),
            Refused = reply.Results.Count(each => !each.IsAccepted && !each.Rejection.IsTransient()),
        };
    }

    private static async Task<PublishReply> AppendOnceAsync(ISyncShardGrain shard, AppendRequest request)
    {
        var reply = await GrainFaults.TranslateAsync(() => shard.AppendAsync(request)).ConfigureAwait(false);
        return reply.Results.FirstOrDefault(each => each.Rejection.IsTransient()) is { Rejection: not RejectionCode.None } busy
            ? throw new DChatException(busy.Rejection.ToCode(), "The shard does not keep them now.", isTransient: true)
            : reply;
    }
}
