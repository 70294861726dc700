using System.Net;
using DChat.Libp2p.Identity;

namespace DChat.Libp2p.Swarm;

/// <summary>
/// The connections of a host, and the counts that limit them. When there is no room for a new one, an inbound connection of the
/// network that holds the most gives way.
/// </summary>
/// <param name="limits">Its limits.</param>
/// <param name="manager">Says what connections are worth.</param>
/// <param name="onChange">
/// Told of each connection that is added, without a reason, or removed, and how many to its peer are left. Called within the lock, so
/// that the order in which it is told is the order in which things happened.
/// </param>
internal sealed class ConnectionTable(ConnectionLimits limits, IConnectionManager manager, Action<PeerConnection, CloseReason?, int> onChange)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<PeerId, List<PeerConnection>> _byPeer = [];
    private readonly NetworkCounts _inboundCounts = new(limits.InboundPerNetwork);
    private int _total;
    private int _inbound;

    internal IReadOnlyList<PeerConnection> All { get { lock (_gate) { return [.. _byPeer.Values.SelectMany(c => c)]; } } }

    internal IReadOnlyList<PeerConnection> Of(PeerId peer) { lock (_gate) { return _byPeer.TryGetValue(peer, out var list) ? [.. list] : []; } }

    /// <summary>Does something unless the connection has been removed; it is not removed meanwhile.</summary>
    internal void WhileHeld(PeerConnection connection, Action action)
    {
        lock (_gate)
        {
            if (_byPeer.TryGetValue(connection.RemotePeer, out var list) && list.Contains(connection))
            {
                action();
            }
        }
    }

    /// <summary>
    /// The oldest connection to the peer that is still usable. One through a relay is taken only when there is no other, and one
    /// that a relay ends soon only as the last; none of them if the connection is to be direct.
    /// </summary>
    internal PeerConnection? Find(PeerId peer, bool isDirect)
    {
        lock (_gate)
        {
            return !_byPeer.TryGetValue(peer, out var list) ? null
                : list.Find(c => c.IsUsable && !c.IsRelayed) is { } direct ? direct
                : isDirect ? null
                : list.Find(c => c.IsUsable && !c.IsLimited) ?? list.Find(c => c.IsUsable);
        }
    }

    /// <summary>
    /// Adds a connection that is set up; the name of the limit when it may not be added. Those in <paramref name="evicted"/> have lost
    /// their places and must be closed, in either case.
    /// </summary>
    internal string? Add(PeerConnection connection, out IReadOnlyList<PeerConnection> evicted)
    {
        var leaving = new List<PeerConnection>();
        evicted = leaving;
        lock (_gate)
        {
            var list = _byPeer.GetValueOrDefault(connection.RemotePeer);
            if (list?.Count >= limits.MaxPerPeer)
            {
                return nameof(limits.MaxPerPeer);
            }

            if (MakeRoom(connection, leaving) is { } limit)
            {
                return limit;
            }

            Count(connection);
            list ??= _byPeer[connection.RemotePeer] = [];
            list.Add(connection);
            onChange(connection, null, list.Count);
            return null;
        }
    }

    /// <summary>
    /// Whether there is no place for an inbound connection and none that could give way, so that its handshake would be for nothing.
    /// </summary>
    internal bool IsClosedTo(IReadOnlyList<IPNetwork> networks)
    {
        lock (_gate)
        {
            var full = _inboundCounts.FullOf(networks);
            return (full is not null || _inbound >= limits.MaxInbound || _total >= limits.MaxConnections)
                && Evictable(c => full is null || c.RemoteNetworks.Contains(full.Value)).Count == 0;
        }
    }

    /// <summary>Takes the places of connections that the manager trims, which must be closed.</summary>
    internal IReadOnlyList<PeerConnection> Trim()
    {
        lock (_gate)
        {
            PeerConnection[] trimmed = [.. manager.Trim([.. _byPeer.Values.SelectMany(c => c).Where(c => !c.IsEvicted)]).Where(c => !c.IsEvicted)];
            Array.ForEach(trimmed, Evict);
            return trimmed;
        }
    }

    /// <summary>Removes a connection that has ended.</summary>
    internal void Remove(PeerConnection connection, CloseReason reason)
    {
        lock (_gate)
        {
            if (!connection.IsEvicted)
            {
                Uncount(connection);
            }

            var list = _byPeer[connection.RemotePeer];
            list.Remove(connection);
            if (list.Count == 0)
            {
                _byPeer.Remove(connection.RemotePeer);
            }

            onChange(connection, reason, list.Count);
        }
    }

    private string? MakeRoom(PeerConnection newcomer, List<PeerConnection> leaving)
    {
        if (newcomer.Direction == Direction.Inbound)
        {
            while (_inboundCounts.FullOf(newcomer.RemoteNetworks) is { } full)
            {
                if (!TryEvict(c => c.RemoteNetworks.Contains(full), leaving))
                {
                    return nameof(limits.InboundPerNetwork);
                }
            }

            if (_inbound >= limits.MaxInbound && !TryEvict(_ => true, leaving))
            {
                return nameof(limits.MaxInbound);
            }
        }

        return _total >= limits.MaxConnections && !TryEvict(_ => true, leaving) ? nameof(limits.MaxConnections) : null;
    }

    /// <summary>Takes the place of the inbound connection that is worth the least, of the network that holds the most; false when there is none.</summary>
    private bool TryEvict(Func<PeerConnection, bool> from, List<PeerConnection> leaving)
    {
        var ranked = Evictable(from);
        if (ranked.Count == 0)
        {
            return false;
        }

        var least = Crowd.Largest(ranked, c => c.RemoteNetworks)[0];
        Evict(least);
        leaving.Add(least);
        return true;
    }

    private IReadOnlyList<PeerConnection> Evictable(Func<PeerConnection, bool> from) =>
        manager.Rank(_byPeer.Values.SelectMany(c => c).Where(c => c.Direction == Direction.Inbound && !c.IsEvicted && from(c)));

    private void Evict(PeerConnection connection)
    {
        connection.MarkEvicted();
        Uncount(connection);
    }

    private void Count(PeerConnection connection)
    {
        _total++;
        if (connection.Direction == Direction.Inbound)
        {
            _inbound++;
            _inboundCounts.Add(connection.RemoteNetworks);
        }
    }

    private void Uncount(PeerConnection connection)
    {
        _total--;
        if (connection.Direction == Direction.Inbound)
        {
            _inbound--;
            _inboundCounts.Remove(connection.RemoteNetworks);
        }
    }
}
