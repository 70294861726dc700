namespace DChat.Libp2p.Swarm;

/// <summary>What is in use, at one moment. Numbers that change meanwhile may be of slightly different moments.</summary>
/// <param name="InboundConnections">Open connections that peers opened.</param>
/// <param name="OutboundConnections">Open connections that this side opened.</param>
/// <param name="ClosingConnections">Connections that have lost their places and are not gone yet.</param>
/// <param name="InboundStreams">Streams that peers opened, those included that a handler has not done with.</param>
/// <param name="OutboundStreams">Streams that this side opened.</param>
/// <param name="Memory">Bytes held for peers.</param>
public readonly record struct ResourceUsage(
    int InboundConnections, int OutboundConnections, int ClosingConnections, int InboundStreams, int OutboundStreams, long Memory);
