using DChat.Libp2p.Identity;

namespace DChat.Libp2p.Protocols.Kad.Routing;

/// <summary>What became of a peer that was offered to the routing table.</summary>
/// <param name="Outcome">Whether it has a place.</param>
/// <param name="Probe">A peer to be asked whether it is alive, since its place is wanted; null when there is none.</param>
internal readonly record struct RoutingOffer(RoutingOutcome Outcome, PeerId? Probe = null);

/// <summary>Whether a peer has a place in the routing table.</summary>
internal enum RoutingOutcome
{
    /// <summary>It has one now.</summary>
    Added,

    /// <summary>It had one.</summary>
    Known,

    /// <summary>Its bucket is full; it gets the place of the next peer there that fails.</summary>
    Waiting,

    /// <summary>Its group has as many places as it may have.</summary>
    Crowded,

    /// <summary>It is this peer itself.</summary>
    Self,
}
