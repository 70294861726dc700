using System.Net;
using DChat.Libp2p.Addresses;
using DChat.Libp2p.Identity;

namespace DChat.Libp2p.Swarm;

/// <summary>The connections of a host, and the counts that limit them. Inbound ones take a place before a byte is read.</summary>
internal sealed class ConnectionTable(ConnectionLimits limits)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<PeerId, List<PeerConnection>> _byPeer = [];
    private readonly Dictionary<IPNetwork, int> _inboundByNetwork = [];
    private readonly Dictionary<IPNetwork, int> _pendingByNetwork = [];
    private int _total;
    private int _inbound;
    private int _pendingInbound;

    internal IReadOnlyList<PeerConnection> All { get { lock (_gate) { return [.. _byPeer.Values.SelectMany(c => c)]; } } }

    internal IReadOnlyList<PeerConnection> Of(PeerId peer) { lock (_gate) { return _byPeer.TryGetValue(peer, out var list) ? [.. list] : []; } }

    internal bool IsConnected(PeerId peer) { lock (_gate) { return _byPeer.ContainsKey(peer); } }

    /// <summary>The oldest connection to the peer that is still usable.</summary>
    internal PeerConnection? Find(PeerId peer)
    {
        lock (_gate)
        {
            return _byPeer.TryGetValue(peer, out var list) ? list.Find(c => c.IsUsable) : null;
        }
    }

    /// <summary>Takes a place for a connection being accepted; the name of the limit when there is none.</summary>
    internal string? ReserveInbound(Multiaddr remote)
    {
        lock (_gate)
        {
            var network = AddressNetworks.NarrowestOf(remote);
            var limit = _total + _pendingInbound >= limits.MaxConnections ? nameof(limits.MaxConnections)
                : _inbound + _pendingInbound >= limits.MaxInbound ? nameof(limits.MaxInbound)
                : _pendingInbound >= limits.MaxPendingInbound ? nameof(limits.MaxPendingInbound)
                : network is { } from && _inboundByNetwork.GetValueOrDefault(from) >= limits.MaxInboundPerIp ? nameof(limits.MaxInboundPerIp)
                : network is { } pending && _pendingByNetwork.GetValueOrDefault(pending) >= limits.MaxPendingInboundPerIp ? nameof(limits.MaxPendingInboundPerIp)
                : null;
            if (limit is null)
            {
                CountPending(network, 1);
                Count(_inboundByNetwork, network, 1);
            }

            return limit;
        }
    }

    /// <summary>Gives back a place that came to nothing.</summary>
    internal void ReleaseInbound(Multiaddr remote)
    {
        lock (_gate)
        {
            var network = AddressNetworks.NarrowestOf(remote);
            CountPending(network, -1);
            Count(_inboundByNetwork, network, -1);
        }
    }

    /// <summary>Adds a connection that is set up, in its place if it is inbound; the name of the limit when it may not be added.</summary>
    internal string? Add(PeerConnection connection, out bool isFirst)
    {
        lock (_gate)
        {
            isFirst = false;
            var list = _byPeer.GetValueOrDefault(connection.RemotePeer);
            if (list?.Count >= limits.MaxPerPeer)
            {
                return nameof(limits.MaxPerPeer);
            }

            if (connection.Direction == Direction.Inbound)
            {
                CountPending(AddressNetworks.NarrowestOf(connection.RemoteAddress), -1);
                _inbound++;
            }
            else if (_total + _pendingInbound >= limits.MaxConnections)
            {
                return nameof(limits.MaxConnections);
            }

            isFirst = list is null;
            _total++;
            (list ?? (_byPeer[connection.RemotePeer] = [])).Add(connection);
            return null;
        }
    }

    /// <summary>Removes a connection that has ended; true when it was the last to its peer.</summary>
    internal bool Remove(PeerConnection connection)
    {
        lock (_gate)
        {
            var list = _byPeer[connection.RemotePeer];
            list.Remove(connection);
            _total--;
            if (connection.Direction == Direction.Inbound)
            {
                _inbound--;
                Count(_inboundByNetwork, AddressNetworks.NarrowestOf(connection.RemoteAddress), -1);
            }

            return list.Count == 0 && _byPeer.Remove(connection.RemotePeer);
        }
    }

    private void CountPending(IPNetwork? network, int change)
    {
        _pendingInbound += change;
        Count(_pendingByNetwork, network, change);
    }

    private static void Count(Dictionary<IPNetwork, int> byNetwork, IPNetwork? network, int change)
    {
        if (network is not { } key)
        {
            return;
        }

        var count = byNetwork.GetValueOrDefault(key) + change;
        if (count == 0)
        {
            byNetwork.Remove(key);
        }
        else
        {
            byNetwork[key] = count;
        }
    }
}
