using DChat.Libp2p.Identity;
using DChat.Libp2p.Swarm;

namespace DChat.Libp2p.Peers;

/// <summary>Something that happened to a peer. The derived records say what.</summary>
public abstract record PeerEvent
{
    private PeerEvent()
    {
    }

    /// <summary>A connection is ready to use.</summary>
    /// <param name="Connection">The connection.</param>
    /// <param name="IsFirst">Whether there was none to this peer before.</param>
    public sealed record ConnectionOpened(PeerConnection Connection, bool IsFirst) : PeerEvent
    {
        /// <summary>Connections to the peer that are open after it. Unless set: 1 for the first, else 2.</summary>
        public int OpenCount { get; init; } = IsFirst ? 1 : 2;
    }

    /// <summary>A connection has ended.</summary>
    /// <param name="Connection">The connection.</param>
    /// <param name="Reason">Why.</param>
    /// <param name="IsLast">Whether none to this peer is left.</param>
    public sealed record ConnectionClosed(PeerConnection Connection, CloseReason Reason, bool IsLast) : PeerEvent
    {
        /// <summary>Connections to the peer that are open after it. Unless set: 0 for the last, else 1.</summary>
        public int OpenCount { get; init; } = IsLast ? 0 : 1;
    }

    /// <summary>A peer has told about itself, at the start of a connection or later.</summary>
    /// <param name="Connection">Where it did.</param>
    /// <param name="Info">What is known about it now.</param>
    /// <param name="IsPush">Whether it told unasked, because something changed.</param>
    public sealed record Identified(PeerConnection Connection, PeerInfo Info, bool IsPush) : PeerEvent;

    /// <summary>A peer did not tell about itself, or not the truth.</summary>
    /// <param name="Connection">Where.</param>
    /// <param name="Fault">What went wrong.</param>
    public sealed record IdentifyFailed(PeerConnection Connection, Libp2pException Fault) : PeerEvent;

    /// <summary>A peer could not be dialed.</summary>
    /// <param name="Peer">The peer; null when the address named nobody.</param>
    /// <param name="Fault">What went wrong.</param>
    public sealed record DialFailed(PeerId? Peer, Libp2pException Fault) : PeerEvent;

    /// <summary>A connection has opened, or closed for a reason, and so many to its peer are open now.</summary>
    internal static PeerEvent Of(PeerConnection connection, CloseReason? reason, int open) => reason is { } why
        ? new ConnectionClosed(connection, why, open == 0) { OpenCount = open }
        : new ConnectionOpened(connection, open == 1) { OpenCount = open };
}
