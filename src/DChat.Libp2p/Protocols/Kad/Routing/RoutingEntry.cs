using DChat.Libp2p.Identity;

namespace DChat.Libp2p.Protocols.Kad.Routing;

/// <summary>A peer in the routing table, or one that waits for a place in it.</summary>
internal sealed class RoutingEntry(PeerId peer, KadId id, IReadOnlyList<PeerGroup> groups, TimeSpan now)
{
    internal PeerId Peer => peer;

    internal KadId Id => id;

    internal IReadOnlyList<PeerGroup> Groups { get; set; } = groups;

    /// <summary>When it was offered to the table.</summary>
    internal TimeSpan KnownSince { get; } = now;

    /// <summary>When it last answered a request.</summary>
    internal TimeSpan AnsweredAt { get; set; } = now;

    /// <summary>Requests in a row that it did not answer.</summary>
    internal int Failures { get; set; }

    /// <summary>Whether its place is wanted, so that it is being asked whether it is alive.</summary>
    internal bool IsProbed { get; set; }
}
