using DChat.Libp2p.Identity;

namespace DChat.Libp2p.Protocols.Gossip;

/// <summary>A peer began or ceased to want a topic.</summary>
/// <param name="Peer">The peer.</param>
/// <param name="Topic">The topic.</param>
/// <param name="IsSubscribed">Whether it wants it now.</param>
public sealed record GossipSubscriptionChange(PeerId Peer, string Topic, bool IsSubscribed);
