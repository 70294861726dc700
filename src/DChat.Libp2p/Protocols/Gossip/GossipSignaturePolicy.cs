namespace DChat.Libp2p.Protocols.Gossip;

/// <summary>Whether messages name and prove their author (pubsub/README.md, "Message Signing").</summary>
public enum GossipSignaturePolicy
{
    /// <summary>Messages carry no author, sequence number, signature or key; one that carries any of them is rejected.</summary>
    StrictNoSign,

    /// <summary>Messages carry author, sequence number and a signature of the author's peer key; others are rejected.</summary>
    StrictSign,
}
