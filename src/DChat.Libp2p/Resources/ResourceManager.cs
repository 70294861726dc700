using System.Net;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Swarm;
using DChat.Libp2p.Transports;

namespace DChat.Libp2p.Resources;

/// <summary>
/// Counts connections, streams and memory of a host by host, network, peer and protocol, as the resource manager of go-libp2p does,
/// and shares what is scarce by network.
/// </summary>
/// <remarks>
/// A stream or memory beyond a limit is refused. In a host or a network that is nearly full, only those within it that hold less than
/// their share (seven eighths of the limit by the number of networks there) still get something; for them, those that hold the most lose streams.
/// Hosts that are given the same manager share its limits.
/// </remarks>
public sealed partial class ResourceManager : IResourceManager
{
    /// <summary>Bytes that every stream counts as, besides what it holds unread beyond as many: its objects and buffers.</summary>
    public const int StreamOverhead = IStreamBudget.BytesPerStream;

    private readonly Lock _gate = new();
    private readonly ResourceLimits _limits;
    private readonly ConnectionLimits _connections;
    private readonly ResourceNode _host;
    private readonly Dictionary<IPNetwork, ResourceNode> _networks = [];
    private readonly Dictionary<PeerId, (ResourceNode Node, ProtocolCounts Protocols)> _peers = [];
    private readonly ProtocolCounts _protocols = new();

    /// <summary>What lies in no network, as through a relay: together one network, without limits of its own.</summary>
    private readonly ResourceNode _nowhere;

    /// <summary>A manager that counts nothing yet.</summary>
    /// <param name="limits">Limits of streams and memory; not to be changed afterwards.</param>
    /// <param name="connections">Limits of connections; the defaults when null.</param>
    /// <exception cref="ArgumentException">A limit is out of range.</exception>
    public ResourceManager(ResourceLimits limits, ConnectionLimits? connections = null)
    {
        ArgumentNullException.ThrowIfNull(limits);
        _limits = limits;
        _connections = connections ?? new ConnectionLimits();
        if (limits.Validate().Concat(_connections.Validate()).ToArray() is { Length: > 0 } faults)
        {
            throw new ArgumentException(string.Join(" ", faults), nameof(limits));
        }

        _host = new ResourceNode(ResourceScopeKind.Host, null, new ResourceNodeLimits(
            (nameof(limits.MaxInboundStreams), limits.MaxInboundStreams),
            (nameof(limits.MaxOutboundStreams), limits.MaxOutboundStreams),
            (nameof(limits.MaxMemory), limits.MaxMemory)));
        _nowhere = new ResourceNode(ResourceScopeKind.Network, _host, new(ResourceNodeLimits.Unlimited, ResourceNodeLimits.Unlimited, ResourceNodeLimits.Unlimited));
    }

    /// <inheritdoc/>
    public ResourceUsage Usage => _host.Usage;

    /// <inheritdoc/>
    public IReadOnlyList<ResourceRefusals> Refusals => Totals.All;

    internal ResourceTotals Totals { get; } = new();

    /// <inheritdoc/>
    public IConnectionScope? TryAddConnection(PeerConnection connection, out FullScope full)
    {
        ArgumentNullException.ThrowIfNull(connection);
        lock (_gate)
        {
            if (FindFull(connection) is { } found)
            {
                full = found;
                return null;
            }

            full = default;
            ResourceNode[] path = [EnsurePeer(connection.RemotePeer).Node, .. EnsureNetworks(connection.RemoteNetworks), _host];
            var scope = new ConnectionScope(this, connection, path, _peers[connection.RemotePeer].Protocols);
            path[1].Connections.Add(scope);
            Count(scope, 1);
            return scope;
        }
    }

    /// <inheritdoc/>
    public FullScope? FindFull(IReadOnlyList<IPNetwork> networks)
    {
        ArgumentNullException.ThrowIfNull(networks);
        lock (_gate)
        {
            return FindFull(networks, Direction.Inbound);
        }
    }

    /// <inheritdoc/>
    public ResourceSnapshot Describe()
    {
        lock (_gate)
        {
            return new ResourceSnapshot(
                Usage,
                _networks.ToDictionary(n => n.Key, n => n.Value.Usage),
                _peers.ToDictionary(p => p.Key, p => p.Value.Node.Usage),
                _protocols.Describe().ToDictionary(p => p.Protocol, p => p.Usage, StringComparer.Ordinal),
                _peers.SelectMany(p => p.Value.Protocols.Describe().Select(d => (Peer: p.Key, d.Protocol, d.Usage))).ToDictionary(p => (p.Peer, p.Protocol), p => p.Usage),
                Refusals,
                Shed);
        }
    }

    internal string? TryAddProtocol(string protocol, Direction direction)
    {
        var (limit, name) = direction == Direction.Inbound
            ? (_limits.MaxInboundStreamsPerProtocol, nameof(_limits.MaxInboundStreamsPerProtocol))
            : (_limits.MaxOutboundStreamsPerProtocol, nameof(_limits.MaxOutboundStreamsPerProtocol));
        return _protocols.TryAdd(protocol, direction, limit) ? null : name;
    }

    internal void RemoveProtocol(string protocol, Direction direction) => _protocols.Remove(protocol, direction);

    internal bool TryBeginClosing(ConnectionScope scope)
    {
        lock (_gate)
        {
            if (_host.ClosingConnections >= _connections.MaxClosing || scope.IsClosing || scope.IsGone)
            {
                return false;
            }

            Count(scope, -1);
            scope.IsClosing = true;
            Count(scope, 1);
            return true;
        }
    }

    /// <summary>Takes a connection that is gone out of every scope.</summary>
    internal void Remove(ConnectionScope scope, ProtocolCounts peerProtocols)
    {
        lock (_gate)
        {
            Count(scope, -1);
            scope.Path[1].Connections.Remove(scope);
        }

        Forget(scope.Path, peerProtocols);
    }

    /// <summary>Forgets scopes that hold nothing any more.</summary>
    internal void Forget(IReadOnlyList<ResourceNode> path, ProtocolCounts peerProtocols)
    {
        lock (_gate)
        {
            if (IsEmpty(path[0]) && peerProtocols.IsEmpty && path[0].Peer is { } peer && _peers.TryGetValue(peer, out var known) && known.Node == path[0])
            {
                _peers.Remove(peer);
            }

            // From narrow to wide: one is empty when those within it are forgotten.
            foreach (var node in path.Skip(1).Where(n => n.Parent is not null && IsEmpty(n)))
            {
                node.Parent!.Children.Remove(node);
                node.Parent.ChildCount = node.Parent.Children.Count;
                if (node.Network is { } network && _networks.GetValueOrDefault(network) == node)
                {
                    _networks.Remove(network);
                }
            }
        }
    }

    private static bool IsEmpty(ResourceNode node) =>
        node.AllConnections == 0 && node.Children.Count == 0 && node.Used(ResourceKind.Memory) == 0;

    private static void Count(ConnectionScope scope, int change)
    {
        foreach (var node in scope.Path)
        {
            if (scope.IsClosing)
            {
                node.ClosingConnections += change;
            }
            else if (scope.Direction == Direction.Inbound)
            {
                node.InboundConnections += change;
            }
            else
            {
                node.OutboundConnections += change;
            }
        }
    }

    private FullScope? FindFull(PeerConnection connection) =>
        _peers.TryGetValue(connection.RemotePeer, out var peer) && peer.Node.AllConnections >= _connections.MaxPerPeer
            ? new FullScope(ResourceScopeKind.Peer, null, nameof(_connections.MaxPerPeer))
            : FindFull(connection.RemoteNetworks, connection.Direction);

    private FullScope? FindFull(IReadOnlyList<IPNetwork> networks, Direction direction)
    {
        if (direction == Direction.Inbound)
        {
            foreach (var network in networks)
            {
                if (_networks.TryGetValue(network, out var node) && node.InboundConnections >= _connections.InboundPerNetwork.Of(network))
                {
                    return new FullScope(ResourceScopeKind.Network, network, nameof(_connections.InboundPerNetwork));
                }
            }

            if (_host.InboundConnections >= _connections.MaxInbound)
            {
                return new FullScope(ResourceScopeKind.Host, null, nameof(_connections.MaxInbound));
            }
        }

        return _host.InboundConnections + _host.OutboundConnections >= _connections.MaxConnections
            ? new FullScope(ResourceScopeKind.Host, null, nameof(_connections.MaxConnections))
            : null;
    }

    private (ResourceNode Node, ProtocolCounts Protocols) EnsurePeer(PeerId peer)
    {
        if (!_peers.TryGetValue(peer, out var known))
        {
            var limits = new ResourceNodeLimits(
                (nameof(_limits.MaxInboundStreamsPerPeer), _limits.MaxInboundStreamsPerPeer),
                (nameof(_limits.MaxOutboundStreamsPerPeer), _limits.MaxOutboundStreamsPerPeer),
                (nameof(_limits.MaxMemoryPerPeer), _limits.MaxMemoryPerPeer));
            _peers[peer] = known = (new ResourceNode(ResourceScopeKind.Peer, null, limits) { Peer = peer }, new ProtocolCounts());
        }

        return known;
    }

    /// <summary>The scopes of networks, narrow to wide; made from wide to narrow, each within the last.</summary>
    private Stack<ResourceNode> EnsureNetworks(IReadOnlyList<IPNetwork> networks)
    {
        var path = new Stack<ResourceNode>();
        foreach (var network in networks.Reverse())
        {
            if (!_networks.TryGetValue(network, out var node))
            {
                var limits = new ResourceNodeLimits(
                    (nameof(_limits.InboundStreamsPerNetwork), _limits.InboundStreamsPerNetwork.Of(network)),
                    ResourceNodeLimits.Unlimited,
                    (nameof(_limits.MemoryPerNetwork), _limits.MemoryPerNetwork.Of(network)));
                _networks[network] = node = new ResourceNode(ResourceScopeKind.Network, path.Count == 0 ? _host : path.Peek(), limits) { Network = network };
            }

            path.Push(node);
        }

        if (path.Count == 0)
        {
            path.Push(_nowhere);
        }

        foreach (var node in path)
        {
            node.Parent!.Children.Add(node);
            node.Parent.ChildCount = node.Parent.Children.Count;
        }

        return path;
    }
}
