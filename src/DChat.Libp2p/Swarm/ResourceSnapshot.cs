using System.Net;
using DChat.Libp2p.Identity;

namespace DChat.Libp2p.Swarm;

/// <summary>What a host has in use, scope by scope. A protocol has streams only; a scope that holds nothing is not there.</summary>
/// <param name="Host">Everything.</param>
/// <param name="Networks">By network; what lies in none, as through a relay, counts in <paramref name="Host"/> only.</param>
/// <param name="Peers">By peer.</param>
/// <param name="Protocols">By protocol id, with all peers.</param>
/// <param name="PeerProtocols">By peer and protocol id.</param>
/// <param name="Refusals">What was refused since the start; kinds without a refusal are not there.</param>
/// <param name="Shed">Connections that had to give streams or memory back for the sake of other networks, since the start.</param>
public sealed record ResourceSnapshot(
    ResourceUsage Host,
    IReadOnlyDictionary<IPNetwork, ResourceUsage> Networks,
    IReadOnlyDictionary<PeerId, ResourceUsage> Peers,
    IReadOnlyDictionary<string, ResourceUsage> Protocols,
    IReadOnlyDictionary<(PeerId Peer, string Protocol), ResourceUsage> PeerProtocols,
    IReadOnlyList<ResourceRefusals> Refusals,
    long Shed);
