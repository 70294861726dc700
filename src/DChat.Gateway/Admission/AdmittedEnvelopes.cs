using DChat.Core.Admission;
using DChat.Core.Envelopes;
using DChat.Core.Topics;

namespace DChat.Gateway.Admission;

/// <summary>What admission made of the envelopes of one push: by shard what goes on, and what does not.</summary>
internal sealed class AdmittedEnvelopes(int shardBits)
{
    private readonly Dictionary<ShardId, ShardOfferBuilder> _byShard = [];

    /// <summary>What does not go on: place in the push and reason.</summary>
    public List<(int Place, RejectionCode Code)> Rejected { get; } = [];

    /// <summary>What goes on, an offer for each shard.</summary>
    public IEnumerable<(AdmittedOffer Offer, IReadOnlyList<int> Places)> Offers =>
        _byShard.Select(shard => (new AdmittedOffer(shard.Key, shard.Value.Envelopes, shard.Value.Ids), (IReadOnlyList<int>)shard.Value.Places));

    public void Add(int place, ReadOnlyMemory<byte> envelope, in AdmissionResult result)
    {
        if (!result.IsAdmitted)
        {
            Rejected.Add((place, result.Rejection));
            return;
        }

        var shard = result.Entry.Topic.ShardOf(shardBits);
        if (!_byShard.TryGetValue(shard, out var offer))
        {
            _byShard[shard] = offer = new ShardOfferBuilder();
        }

        offer.Places.Add(place);
        offer.Envelopes.Add(envelope);
        offer.Ids.Add(result.MessageId);
    }

    private sealed class ShardOfferBuilder
    {
        public List<int> Places { get; } = [];

        public List<ReadOnlyMemory<byte>> Envelopes { get; } = [];

        public List<MessageId> Ids { get; } = [];
    }
}
