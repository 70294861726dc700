namespace DChat.Libp2p.Swarm;

/// <summary>Why a connection ended.</summary>
public enum CloseReason
{
    /// <summary>This side closed it.</summary>
    Local,

    /// <summary>The peer closed it, or it broke.</summary>
    Remote,

    /// <summary>The peer stopped answering.</summary>
    TimedOut,

    /// <summary>The peer broke a rule or a limit.</summary>
    Violation,

    /// <summary>This side closed it to make room for others.</summary>
    Evicted,
}
