namespace DChat.Libp2p.Protocols.Gossip;

/// <summary>What became of a published message.</summary>
/// <param name="MessageId">Its name.</param>
/// <param name="IsDuplicate">Whether it was published or received before, so that nothing was done.</param>
/// <param name="PeerCount">Peers it was queued for; 0 for a duplicate, when nobody listens, and when every queue is full.</param>
public readonly record struct GossipPublishResult(GossipMessageId MessageId, bool IsDuplicate, int PeerCount);
