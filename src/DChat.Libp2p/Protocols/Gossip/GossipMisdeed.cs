namespace DChat.Libp2p.Protocols.Gossip;

/// <summary>Rules that a peer has broken.</summary>
public enum GossipMisdeed
{
    /// <summary>GRAFT within a back-off (gossipsub-v1.1.md, "Prune Backoff").</summary>
    EarlyGraft,

    /// <summary>The same so soon that the peer cannot have missed the prune; told beside <see cref="EarlyGraft"/>.</summary>
    GraftFlood,

    /// <summary>A message that the peer told about and was asked for did not come in time, from anybody (gossipsub-v1.1.md, "P₇").</summary>
    BrokenPromise,

    /// <summary>IHAVE entries beyond <see cref="GossipsubLimits.MaxIhaveMessages"/>, or new ids beyond <see cref="GossipsubLimits.MaxIhaveIds"/>.</summary>
    IhaveExcess,

    /// <summary>Ids asked for beyond <see cref="GossipsubLimits.MaxIhaveIds"/>.</summary>
    IwantExcess,

    /// <summary>Ids declined beyond <see cref="GossipsubLimits.MaxIdontwantIds"/>.</summary>
    IdontwantExcess,

    /// <summary>Entries beyond what an RPC may have, repeated or unreadable ones, topics beyond <see cref="GossipsubLimits.MaxTopicsPerPeer"/>.</summary>
    EntryExcess,
}
