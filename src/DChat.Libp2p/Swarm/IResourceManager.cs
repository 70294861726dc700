using System.Net;

namespace DChat.Libp2p.Swarm;

/// <summary>
/// Counts what peers make a host hold, and says when it is too much: connections, streams and memory, of the host, of each network, of
/// each peer, of each protocol, and of each protocol with a peer. Called from several threads.
/// </summary>
/// <remarks>
/// <c>ResourceManager</c> is the one that a host has unless <c>Libp2pOptions.ResourceManager</c> gives another. Keys and addresses cost
/// nothing, so what keeps strangers from starving others are the limits by network.
/// </remarks>
public interface IResourceManager
{
    /// <summary>What the host has in use, at once and without the scopes below it.</summary>
    ResourceUsage Usage { get; }

    /// <summary>What was refused since the start.</summary>
    IReadOnlyList<ResourceRefusals> Refusals { get; }

    /// <summary>Connections that had to give streams or memory back for the sake of other networks, since the start.</summary>
    long Shed { get; }

    /// <summary>Takes a place for a connection that is set up; null when there is none.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="full">Where there is none. The host closes another connection there and asks again, unless it is the peer.</param>
    IConnectionScope? TryAddConnection(PeerConnection connection, out FullScope full);

    /// <summary>Where there is no place for a connection that a peer opens; null when there is one.</summary>
    /// <param name="networks">The networks it comes from, narrow to wide.</param>
    FullScope? FindFull(IReadOnlyList<IPNetwork> networks);

    /// <summary>Everything in use, scope by scope. Takes time in proportion to peers and networks.</summary>
    ResourceSnapshot Describe();
}
