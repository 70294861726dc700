namespace DChat.Libp2p.Protocols.AutoNat.Wire;

/// <summary>What a server says of a request (autonat-v2.md, "Requirements for ResponseStatus").</summary>
internal enum ResponseStatus
{
    InternalError = 0,
    RequestRejected = 100,
    DialRefused = 101,
    Ok = 200,
}
