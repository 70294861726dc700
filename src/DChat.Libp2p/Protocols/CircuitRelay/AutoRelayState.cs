namespace DChat.Libp2p.Protocols.CircuitRelay;

/// <summary>What is done about a relay.</summary>
public enum AutoRelayState
{
    /// <summary>Nothing now: it failed a short while ago, or others are enough.</summary>
    Waiting,

    /// <summary>It is asked for a reservation.</summary>
    Asking,

    /// <summary>A reservation holds, and the host is told to be reached through it.</summary>
    Reserved,

    /// <summary>A reservation was lost and may come back soon.</summary>
    Lost,
}
