using DChat.Libp2p.Identity;
using DChat.Libp2p.Protocols.Gossip.Wire;

namespace DChat.Libp2p.Protocols.Gossip.Routing;

/// <summary>What is to be done after an input to <see cref="GossipRouter"/>, in order.</summary>
internal enum GossipEffectKind
{
    /// <summary>Tell <see cref="GossipEffect.Peer"/> that <see cref="GossipEffect.Topic"/> is wanted from now on.</summary>
    Subscribe,

    /// <summary>Tell the peer that the topic is wanted no longer.</summary>
    Unsubscribe,

    /// <summary>Tell the peer that it is in the mesh.</summary>
    Graft,

    /// <summary>Tell the peer that it is not, for <see cref="GossipEffect.Backoff"/>, and of <see cref="GossipEffect.Others"/>.</summary>
    Prune,

    /// <summary>Send the peer <see cref="GossipEffect.Packet"/>.</summary>
    Send,

    /// <summary>Tell the peer about <see cref="GossipEffect.Ids"/>.</summary>
    Gossip,

    /// <summary>Have the packet, which came from the peer, judged; the verdict is the next input for it.</summary>
    Validate,

    /// <summary>Connect to the peers of <see cref="GossipEffect.Records"/>, which the peer has told of.</summary>
    Introduce,

    /// <summary>Close the peer's connections and take on none for a while.</summary>
    Cut,

    /// <summary>The peer wants the topic.</summary>
    PeerSubscribed,

    /// <summary>The peer wants the topic no longer.</summary>
    PeerUnsubscribed,
}

/// <summary>One thing to be done.</summary>
internal readonly record struct GossipEffect(GossipEffectKind Kind, PeerId Peer)
{
    internal string? Topic { get; init; }

    internal GossipPacket? Packet { get; init; }

    internal GossipIds Ids { get; init; }

    internal TimeSpan Backoff { get; init; }

    /// <summary>Peers that the pruned one may turn to; null for none.</summary>
    internal IReadOnlyList<PeerId>? Others { get; init; }

    /// <summary>Signed records of peers, not opened yet.</summary>
    internal IReadOnlyList<ReadOnlyMemory<byte>>? Records { get; init; }
}
