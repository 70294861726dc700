using DChat.Abstractions.Messages;
using DChat.Core.Admission;
using DChat.Core.Topics;

namespace DChat.Abstractions.Admission;

/// <summary>
/// The one door of a silo: gateway and SDK alike bring envelopes here before anything else is done with them (DESIGN §2.2).
/// </summary>
public interface IAdmissionDoor
{
    /// <summary>
    /// Judges envelopes. Networks take turns, and no more are verified at once than there are processors; so this may take
    /// a while, but not longer for one network because another sends more.
    /// </summary>
    /// <param name="envelopes">The envelopes; they must not change until they are appended.</param>
    /// <param name="shard">The shard they were offered to; null when to none, and their topic tags decide.</param>
    /// <param name="source">Where they come from.</param>
    /// <param name="cancellationToken">Gives up on what has not been looked at yet.</param>
    Task<AdmissionVerdicts> AdmitAsync(
        IReadOnlyList<ReadOnlyMemory<byte>> envelopes, ShardId? shard, AdmissionSource source, CancellationToken cancellationToken);

    /// <summary>
    /// Tells what the shard made of a batch: what it found new is charged to its author, what it had already or has not kept is refunded. Call
    /// it once for each batch.
    /// </summary>
    /// <param name="batch">The batch.</param>
    /// <param name="results">A result for each of its envelopes.</param>
    void Settle(AdmittedBatch batch, ReadOnlySpan<PublishResult> results);
}
