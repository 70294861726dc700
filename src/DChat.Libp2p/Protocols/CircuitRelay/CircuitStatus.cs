namespace DChat.Libp2p.Protocols.CircuitRelay;

/// <summary>What became of a request (relay/circuit-v2.md, "Status codes and their meaning").</summary>
public enum CircuitStatus
{
    /// <summary>Nothing was said.</summary>
    None = 0,

    /// <summary>Done.</summary>
    Ok = 100,

    /// <summary>The relay has no place for a reservation.</summary>
    ReservationRefused = 200,

    /// <summary>The circuits of the relay, or of one of the peers, are at their limit.</summary>
    ResourceLimitExceeded = 201,

    /// <summary>The relay does not serve this peer, or does not lead to that one.</summary>
    PermissionDenied = 202,

    /// <summary>The relay cannot reach the peer, or the peer refused.</summary>
    ConnectionFailed = 203,

    /// <summary>The peer to be reached has no reservation.</summary>
    NoReservation = 204,

    /// <summary>The message cannot be read.</summary>
    MalformedMessage = 400,

    /// <summary>The message is of a type that has no place here.</summary>
    UnexpectedMessage = 401,
}
