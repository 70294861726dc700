namespace DChat.Libp2p.Protocols.AutoNat.Wire;

/// <summary>What a server says of a dial (autonat-v2.md, "Requirements for DialStatus").</summary>
internal enum DialStatus
{
    Unused = 0,
    DialError = 100,
    DialBackError = 101,
    Ok = 200,
}
