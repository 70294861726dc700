namespace DChat.Libp2p.Protocols.Gossip;

/// <summary>Why something sent cannot be a message.</summary>
public enum GossipFault
{
    /// <summary>It cannot be decoded: a message, or the whole RPC.</summary>
    Malformed,

    /// <summary>Its signature is missing or wrong, or there where none may be.</summary>
    Signature,

    /// <summary>It is longer than <see cref="GossipsubLimits.MaxRpcSent"/>. An honest peer with a higher limit may forward such.</summary>
    Oversized,
}
