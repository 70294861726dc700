namespace DChat.Libp2p.Protocols.Gossip;

/// <summary>What becomes of a message (gossipsub-v1.1.md, "Extended Validators").</summary>
public enum GossipVerdict
{
    /// <summary>It is good: it goes on to the mesh.</summary>
    Accept,

    /// <summary>It breaks a rule that every honest forwarder checks: it goes no further, and speaks against whoever sent it.</summary>
    Reject,

    /// <summary>It is not wanted here: it goes no further, and speaks against nobody.</summary>
    Ignore,

    /// <summary>
    /// It cannot be judged for whoever sent it, who has used up what it may: it goes no further, speaks against nobody, and is
    /// judged again when another peer has brought it or brings it. Otherwise a peer that is first with a message of others could
    /// keep it from everybody.
    /// </summary>
    Defer,
}
