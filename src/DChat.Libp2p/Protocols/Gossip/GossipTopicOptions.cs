using DChat.Libp2p.Protocols.Gossip.Scoring;

namespace DChat.Libp2p.Protocols.Gossip;

/// <summary>How a topic is taken part in. Every peer of the topic must agree on the policy and on the ids.</summary>
public sealed record GossipTopicOptions
{
    /// <summary>Judges what arrives, and takes it in.</summary>
    public required GossipValidator Validator { get; init; }

    /// <summary>Whether messages are signed. Default no.</summary>
    public GossipSignaturePolicy Policy { get; init; }

    /// <summary>
    /// Names messages. Default null: <see cref="GossipMessageIds.OfContent"/> without signatures,
    /// <see cref="GossipMessageIds.OfAuthor"/> with them.
    /// </summary>
    public GossipIdFunction? MessageId { get; init; }

    /// <summary>What peers gain and lose by what they do in the topic. Default null: nothing.</summary>
    public TopicScoreOptions? Score { get; init; }
}
