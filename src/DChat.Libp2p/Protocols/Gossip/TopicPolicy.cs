namespace DChat.Libp2p.Protocols.Gossip;

/// <summary>What a topic's options come to.</summary>
internal sealed record TopicPolicy(GossipSignaturePolicy Policy, GossipIdFunction IdOf, GossipValidator? Validator)
{
    internal static TopicPolicy Of(GossipTopicOptions options) => Of(options.Policy, options.MessageId, options.Validator);

    internal static TopicPolicy Of(GossipSignaturePolicy policy, GossipIdFunction? idOf, GossipValidator? validator = null) => new(
        policy, idOf ?? (policy == GossipSignaturePolicy.StrictSign ? GossipMessageIds.OfAuthor : GossipMessageIds.OfContent), validator);
}
