namespace DChat.Libp2p.Protocols.Gossip;

/// <summary>What a <see cref="GossipEvent"/> tells, and which of its properties are set beside peer and time.</summary>
public enum GossipEventKind
{
    /// <summary>The peer is spoken with: <see cref="GossipEvent.IsDialed"/>, <see cref="GossipEvent.Addresses"/>.</summary>
    Connected,

    /// <summary>The connections to the peer have changed: <see cref="GossipEvent.IsDialed"/>, <see cref="GossipEvent.Addresses"/>.</summary>
    Relocated,

    /// <summary>The peer is spoken with no longer. <see cref="Pruned"/> has told before that it left each mesh.</summary>
    Disconnected,

    /// <summary>The peer is in the mesh of <see cref="GossipEvent.Topic"/>, whoever wanted that.</summary>
    Grafted,

    /// <summary>The peer is not in the mesh any more, whoever wanted that.</summary>
    Pruned,

    /// <summary>
    /// A message was accepted: <see cref="GossipEvent.Topic"/>, <see cref="GossipEvent.MessageId"/>. The peer brought it first,
    /// <see cref="GossipEvent.Others"/> before the verdict.
    /// </summary>
    Accepted,

    /// <summary>A message was rejected; the same properties.</summary>
    Rejected,

    /// <summary>A message was ignored, which speaks for and against nobody; the same properties.</summary>
    Ignored,

    /// <summary>
    /// A further copy of a message that was judged or published before: <see cref="GossipEvent.Topic"/> as the copy says,
    /// <see cref="GossipEvent.MessageId"/>. A peer may repeat itself.
    /// </summary>
    Copied,

    /// <summary>
    /// The peer sent what cannot be a message: <see cref="GossipEvent.Fault"/>; <see cref="GossipEvent.Topic"/> where it could be
    /// read. There is no id, because an honest copy may have the same.
    /// </summary>
    Faulty,

    /// <summary>The peer broke a rule of the protocol: <see cref="GossipEvent.Misdeed"/>, <see cref="GossipEvent.Count"/>.</summary>
    Misbehaved,
}
