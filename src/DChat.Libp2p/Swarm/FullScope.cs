using System.Net;

namespace DChat.Libp2p.Swarm;

/// <summary>Where there is no place for a connection.</summary>
/// <param name="Kind">Host, network or peer.</param>
/// <param name="Network">The network, if it is one.</param>
/// <param name="Limit">The name of the limit, such as <c>MaxInbound</c>.</param>
public readonly record struct FullScope(ResourceScopeKind Kind, IPNetwork? Network, string Limit);
