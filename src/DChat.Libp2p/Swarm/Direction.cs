namespace DChat.Libp2p.Swarm;

/// <summary>Which side opened a connection or a stream.</summary>
public enum Direction
{
    /// <summary>The peer did.</summary>
    Inbound,

    /// <summary>This side did.</summary>
    Outbound,
}
