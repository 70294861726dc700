namespace DChat.Libp2p.Protocols.AutoNat;

/// <summary>What became of a request that this host was to serve, for the count of them.</summary>
internal enum ServedRequest
{
    /// <summary>The peer was reached and has its nonce.</summary>
    Ok,

    /// <summary>The address did not answer, or somebody else did.</summary>
    DialError,

    /// <summary>The peer was reached and did not take its nonce.</summary>
    DialBackError,

    /// <summary>No address was one to dial.</summary>
    Refused,

    /// <summary>The peer asked too often.</summary>
    PeerRate,

    /// <summary>The peers of its network asked too often.</summary>
    NetworkRate,

    /// <summary>All peers together asked too often.</summary>
    Rate,

    /// <summary>All peers together asked too often for dials elsewhere.</summary>
    ElsewhereRate,

    /// <summary>Too many requests are under way.</summary>
    Busy,

    /// <summary>The peer sent something else, or not in time.</summary>
    Malformed,
}
