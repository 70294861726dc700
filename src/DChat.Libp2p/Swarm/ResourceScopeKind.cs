namespace DChat.Libp2p.Swarm;

/// <summary>Over what a limit of resources counts.</summary>
public enum ResourceScopeKind
{
    /// <summary>Everything of a host.</summary>
    Host,

    /// <summary>The peers of one network: IPv4 /32, /24 and /16, IPv6 /64, /56, /48 and /32.</summary>
    Network,

    /// <summary>The connections of one peer.</summary>
    Peer,

    /// <summary>The streams of one protocol, with all peers.</summary>
    Protocol,

    /// <summary>The streams of one protocol with one peer.</summary>
    PeerProtocol,
}
