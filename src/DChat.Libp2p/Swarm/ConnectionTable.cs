using System.Net;
using DChat.Libp2p.Identity;

namespace DChat.Libp2p.Swarm;

/// <summary>
/// The connections of a host. When there is no room for a new one, an inbound connection of the network that holds the most gives way;
/// it counts until it is gone.
/// </summary>
/// <param name="resources">Counts them.</param>
/// <param name="limits">Says how many may be closing.</param>
/// <param name="manager">Says what connections are worth.</param>
/// <param name="onChange">
/// Told of each connection that is added, without a reason, or removed, and how many to its peer are left. Called within the lock, so
/// that the order in which it is told is the order in which things happened.
/// </param>
internal sealed class ConnectionTable(
    IResourceManager resources, ConnectionLimits limits, IConnectionManager manager, Action<PeerConnection, CloseReason?, int> onChange)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<PeerId, List<PeerConnection>> _byPeer = [];
    private readonly List<PeerConnection> _closing = [];

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
                : list.Find(c => c.IsDirect) is { } direct ? direct
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
            IConnectionScope? scope;
            while ((scope = resources.TryAddConnection(connection, out var full)) is null)
            {
                if (full.Kind == ResourceScopeKind.Peer || !TryEvict(c => IsWithin(c, full), leaving))
                {
                    return full.Limit;
                }
            }

            connection.Enter(scope);
            if (!_byPeer.TryGetValue(connection.RemotePeer, out var list))
            {
                list = _byPeer[connection.RemotePeer] = [];
            }

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
            return resources.FindFull(networks) is { } full && Evictable(c => IsWithin(c, full)).Count == 0;
        }
    }

    /// <summary>Takes the places of connections that the manager trims, which must be closed.</summary>
    internal IReadOnlyList<PeerConnection> Trim()
    {
        lock (_gate)
        {
            return [.. manager.Trim([.. _byPeer.Values.SelectMany(c => c).Where(c => !c.IsEvicted)]).Where(c => !c.IsEvicted && TryEvict(c))];
        }
    }

    /// <summary>Removes a connection that has ended.</summary>
    internal void Remove(PeerConnection connection, CloseReason reason)
    {
        lock (_gate)
        {
            connection.Scope.Dispose();
            _closing.Remove(connection);
            var list = _byPeer[connection.RemotePeer];
            list.Remove(connection);
            if (list.Count == 0)
            {
                _byPeer.Remove(connection.RemotePeer);
            }

            onChange(connection, reason, list.Count);
        }
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
        if (!TryEvict(least))
        {
            return false;
        }

        leaving.Add(least);
        return true;
    }

    private IReadOnlyList<PeerConnection> Evictable(Func<PeerConnection, bool> from) =>
        manager.Rank(_byPeer.Values.SelectMany(c => c).Where(c => c.Direction == Direction.Inbound && !c.IsEvicted && from(c)));

    /// <summary>Takes the place of a connection, unless too many are closing already.</summary>
    private bool TryEvict(PeerConnection connection)
    {
        if (!connection.Scope.TryBeginClosing())
        {
            return false;
        }

        connection.MarkEvicted();
        _closing.Add(connection);
        HurryClosing();
        return true;
    }

    /// <summary>
    /// Whoever does not read keeps a farewell waiting. When many do, those of the network that has the most of them are closed without.
    /// </summary>
    private void HurryClosing()
    {
        PeerConnection[] waiting = [.. _closing.Where(c => !c.IsHurried)];
        if (waiting.Length > limits.MaxClosing / 2)
        {
            Crowd.Largest(waiting, c => c.RemoteNetworks)[0].Hurry();
        }
    }

    private static bool IsWithin(PeerConnection connection, FullScope full) => full.Network is not { } network || connection.RemoteNetworks.Contains(network);
}
