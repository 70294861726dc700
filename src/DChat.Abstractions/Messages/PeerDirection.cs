namespace DChat.Abstractions.Messages;

/// <summary>Which side opened the connection between a gateway and a peer.</summary>
[GenerateSerializer, Alias("dchat.PeerDirection")]
public enum PeerDirection : byte
{
    /// <summary>The peer.</summary>
    Inbound = 1,

    /// <summary>The gateway.</summary>
    Outbound = 2,
}
