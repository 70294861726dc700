namespace DChat.Libp2p.Protocols.Kad.Wire;

/// <summary>What a message asks for; its answer, where there is one, has the same type.</summary>
internal enum KadMessageType
{
    /// <summary>Keep a record. Answered with the request itself.</summary>
    PutValue = 0,

    /// <summary>The record of a key, and peers closer to it.</summary>
    GetValue = 1,

    /// <summary>The sender provides a key. Not answered.</summary>
    AddProvider = 2,

    /// <summary>Who provides a key, and peers closer to it.</summary>
    GetProviders = 3,

    /// <summary>Peers closer to a key.</summary>
    FindNode = 4,

    /// <summary>Deprecated by the specification: served, never sent.</summary>
    Ping = 5,
}
