namespace DChat.Libp2p.Protocols.Gossip;

/// <summary>
/// Judges a message that came for the first time, and is where an application takes it in. The message is forwarded only
/// after <see cref="GossipVerdict.Accept"/>. Called from the thread pool, for several messages at once and in no
/// particular order; what it throws is logged and counts as <see cref="GossipVerdict.Ignore"/>.
/// </summary>
/// <param name="message">The message; its signature has been checked where the topic wants one.</param>
/// <param name="cancellationToken">
/// Fires when gossipsub stops and after <see cref="GossipsubOptions.ValidationTimeout"/>, when the message is ignored.
/// </param>
public delegate ValueTask<GossipVerdict> GossipValidator(GossipMessage message, CancellationToken cancellationToken);
