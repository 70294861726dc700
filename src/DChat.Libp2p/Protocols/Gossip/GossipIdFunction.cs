namespace DChat.Libp2p.Protocols.Gossip;

/// <summary>
/// Names a message. Every peer of a topic must use the same function, or they ask each other for what they have. Called
/// for every copy that arrives, before the message is checked in any way; must not throw. Without signatures it must depend
/// on topic and payload, or a forged message takes the place of an honest one.
/// </summary>
/// <param name="topic">The topic.</param>
/// <param name="data">The payload.</param>
/// <param name="from">The multihash of the author's peer id; empty without signatures.</param>
/// <param name="sequence">The author's sequence number, eight bytes big-endian; empty without signatures.</param>
public delegate GossipMessageId GossipIdFunction(string topic, ReadOnlySpan<byte> data, ReadOnlySpan<byte> from, ReadOnlySpan<byte> sequence);
