namespace DChat.Libp2p.Protocols.CircuitRelay;

/// <summary>What a peer asks of a relay.</summary>
internal enum CircuitRequest
{
    /// <summary>A reservation.</summary>
    Reserve,

    /// <summary>A circuit.</summary>
    Connect,

    /// <summary>Neither, or nothing that can be read.</summary>
    Other,
}
