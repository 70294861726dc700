using DChat.Core.Envelopes;
using DChat.Core.Topics;

namespace DChat.Gateway.Admission;

/// <summary>Verified envelopes of one shard with their ids, at most what a batch holds.</summary>
internal sealed record AdmittedOffer(ShardId Shard, IReadOnlyList<ReadOnlyMemory<byte>> Envelopes, IReadOnlyList<MessageId> Ids)
{
    public int Bytes { get; } = Envelopes.Sum(envelope => envelope.Length);
}
