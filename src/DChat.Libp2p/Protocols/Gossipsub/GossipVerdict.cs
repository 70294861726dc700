namespace DChat.Libp2p.Protocols.Gossipsub;

/// <summary>What becomes of a message (gossipsub-v1.1.md, "Extended Validators").</summary>
public enum GossipVerdict
{
    /// <summary>It is good: it goes on to the mesh.</summary>
    Accept,

    /// <summary>It breaks a rule that every honest forwarder checks: it goes no further, and speaks against whoever sent it.</summary>
    Reject,

    /// <summary>It is not wanted here: it goes no further, and speaks against nobody.</summary>
    Ignore,
}
