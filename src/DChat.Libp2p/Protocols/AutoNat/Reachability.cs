namespace DChat.Libp2p.Protocols.AutoNat;

/// <summary>Whether others reach this host at an address.</summary>
public enum Reachability
{
    /// <summary>Too few servers have said so, or too long ago.</summary>
    Unknown,

    /// <summary>Servers in enough networks have reached this host there.</summary>
    Reachable,

    /// <summary>Servers in enough networks have tried in vain.</summary>
    Unreachable,
}
