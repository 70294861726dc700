namespace DChat.Libp2p.Swarm;

/// <summary>What is limited besides connections.</summary>
public enum ResourceKind
{
    /// <summary>Streams that peers open.</summary>
    InboundStreams,

    /// <summary>Streams that this side opens.</summary>
    OutboundStreams,

    /// <summary>Bytes that this side holds for peers.</summary>
    Memory,
}
