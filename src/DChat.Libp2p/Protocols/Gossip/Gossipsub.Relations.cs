using DChat.Libp2p.Identity;

namespace DChat.Libp2p.Protocols.Gossip;

/// <content>Peers that the application has an opinion of.</content>
public sealed partial class Gossipsub
{
    /// <summary>Peers not spoken with. Guarded by the gate.</summary>
    private readonly HashSet<PeerId> _blocked = [];

    /// <summary>Direct peers that a dial is running to. Guarded by the gate.</summary>
    private readonly HashSet<PeerId> _dialing = [];

    private long _heartbeats;

    /// <summary>The peers that are not spoken with.</summary>
    public IReadOnlyList<PeerId> Blocked { get { lock (_gate) { return [.. _blocked]; } } }

    /// <summary>
    /// Speaks with a peer no longer, and takes no message that it has signed, whoever brings it. Its connections stay open for
    /// other protocols.
    /// </summary>
    /// <returns>Whether it was not blocked before.</returns>
    public bool Block(PeerId peer)
    {
        ArgumentNullException.ThrowIfNull(peer);
        lock (_gate)
        {
            if (!_blocked.Add(peer))
            {
                return false;
            }

            if (_sessions.TryGetValue(peer, out var session))
            {
                session.Inbound?.Reset();
                session.End();
                Remove(session);
            }

            return true;
        }
    }

    /// <summary>Speaks with a peer again, from the next heartbeat on.</summary>
    /// <returns>Whether it was blocked.</returns>
    public bool Unblock(PeerId peer)
    {
        ArgumentNullException.ThrowIfNull(peer);
        lock (_gate)
        {
            return _blocked.Remove(peer);
        }
    }

    /// <summary>What the connections of direct peers are protected by.</summary>
    internal const string DirectProtection = "gossipsub-direct";

    /// <summary>Tells the host of the direct peers, so that they are found when they are dialed and not closed for others.</summary>
    private void VouchForDirectPeers()
    {
        foreach (var peers in _options.DirectPeers.GroupBy(a => a.Peer!))
        {
            _host.Peers.Vouch(peers.Key, peers.Select(a => a.WithoutPeer()));
            _host.ConnectionManager.Protect(peers.Key, DirectProtection);
        }
    }

    /// <summary>Dials the direct peers that are not connected, at the first heartbeat and every so many after it.</summary>
    private void SeekDirectPeers()
    {
        if (_heartbeats++ % _options.DirectConnectHeartbeats != 0)
        {
            return;
        }

        foreach (var peer in _router.Direct)
        {
            lock (_gate)
            {
                if (_host.ConnectionsTo(peer).Count > 0 || !_dialing.Add(peer))
                {
                    continue;
                }
            }

            _tasks.Run(() => SeekAsync(peer));
        }
    }

    private async Task SeekAsync(PeerId peer)
    {
        try
        {
            await _dialer.TryConnectAsync(peer, _stopping.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // Gossipsub stops.
        }
        finally
        {
            lock (_gate)
            {
                _dialing.Remove(peer);
            }
        }
    }
}
