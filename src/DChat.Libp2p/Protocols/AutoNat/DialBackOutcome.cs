namespace DChat.Libp2p.Protocols.AutoNat;

/// <summary>What a server's answer to one request comes to.</summary>
public enum DialBackOutcome
{
    /// <summary>The server dialed the address, and its nonce arrived on a new connection of it.</summary>
    Reached,

    /// <summary>The server says that it could not connect to the address.</summary>
    Failed,

    /// <summary>The server connected, it says, and could not deliver the nonce: nothing is known.</summary>
    Undelivered,

    /// <summary>The server does not dial this address.</summary>
    Refused,

    /// <summary>The server has no time for this host now, or failed.</summary>
    Rejected,

    /// <summary>The server asked for more bytes than this host gives for one dial.</summary>
    TooDear,

    /// <summary>The server says it reached this host and did not, or says what cannot be.</summary>
    Untrue,
}
