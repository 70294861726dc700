using DChat.Libp2p.Addresses;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Streams;
using DChat.Libp2p.Swarm;

namespace DChat.Libp2p.Protocols.Gossip;

/// <content>Which peers are spoken with.</content>
public sealed partial class Gossipsub
{
    /// <summary>Work running in the background: what a test for leaks counts.</summary>
    internal int RunningTasks => _tasks.Running;

    /// <summary>Ends the stream that a peer sends on, as a network does.</summary>
    internal void ResetInbound(PeerId peer)
    {
        lock (_gate)
        {
            _sessions.GetValueOrDefault(peer)?.Inbound?.Reset();
        }
    }

    /// <summary>What waits to be sent to a peer.</summary>
    internal GossipOutbox? OutboxOf(PeerId peer) { lock (_gate) { return _sessions.GetValueOrDefault(peer)?.Outbox; } }

    /// <summary>Peers that others told of and that are not dialed yet.</summary>
    internal int WaitingIntroductions => _dialer.Waiting;

    /// <summary>Whether a peer counts as chosen by this side.</summary>
    internal bool IsDialed(PeerId peer) { lock (_gate) { return _router.IsDialed(peer); } }

    private void WakeSession(PeerId peer)
    {
        lock (_gate)
        {
            if (_sessions.TryGetValue(peer, out var session))
            {
                Relocate(peer);
                session.Wake();
            }
        }
    }

    /// <summary>Looks at where the connections to a peer are now. While there are none, it is where it was.</summary>
    private void Relocate(PeerId peer)
    {
        if (_host.ConnectionsTo(peer) is { Count: > 0 } connections)
        {
            _router.Relocate(peer, IsDialed(connections), AddressesOf(connections), Now);
        }
    }

    private static bool IsDialed(IReadOnlyList<PeerConnection> connections) => connections.Any(c => c.Direction == Direction.Outbound);

    private static Multiaddr[] AddressesOf(IReadOnlyList<PeerConnection> connections) => [.. connections.Select(c => c.RemoteAddress)];

    /// <summary>Speaks with a peer that says it speaks one of the protocols.</summary>
    private void SpeakWith(PeerId peer)
    {
        if (_host.Peers.Find(peer)?.Protocols is { } known && Protocols.FirstOrDefault(known.Contains) is { } protocol)
        {
            lock (_gate)
            {
                EnsureSession(peer, protocol);
            }
        }
    }

    /// <summary>The session of a peer, new if need be; null when there are too many or gossipsub does not run.</summary>
    private GossipSession? EnsureSession(PeerId peer, string protocol)
    {
        if (_sessions.TryGetValue(peer, out var session))
        {
            Relocate(peer);
            return session;
        }

        var connections = _host.ConnectionsTo(peer);
        if (_state != State.Running || _blocked.Contains(peer) || UsableTo(peer) is null)
        {
            return null;
        }

        if (!_router.TryAddPeer(peer, VersionOf(protocol), IsDialed(connections), AddressesOf(connections), Now))
        {
            _logger.TooManyPeers(peer, _options.Limits.MaxPeers);
            return null;
        }

        _sessions[peer] = session = new GossipSession(peer, _options, _router.Counters, _budget, _time);
        session.Ended = Task.Run(() => RunAsync(session));
        _tasks.Track(() => session.Ended);
        return session;
    }

    private async Task RunAsync(GossipSession session)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token, session.Ending);
        try
        {
            while (HasConnection(session)
                && await session.SpeakAsync(t => OpenAsync(session.Peer, t), s => Greet(session, s), ending.Token).ConfigureAwait(false) is { } reason)
            {
                Suspend(session, reason);
                await session.PauseAsync(session.NextPause(), ending.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // Gossipsub stops, or the peer is blocked.
        }
        catch (Exception e)
        {
            // The next heartbeat finds the peer without a session, and begins a new one.
            _logger.SessionFailed(e, session.Peer);
        }
        finally
        {
            lock (_gate)
            {
                Remove(session);
                session.Dispose();
            }
        }
    }

    /// <summary>A connection that streams can still be opened on; null when there is none that gossip may use.</summary>
    private PeerConnection? UsableTo(PeerId peer) => _host.ConnectionsTo(peer).FirstOrDefault(c => c.IsUsable && (!c.IsLimited || _options.RunsOnLimited));

    private Task<Libp2pStream> OpenAsync(PeerId peer, CancellationToken cancellationToken) =>
        UsableTo(peer) is { } connection
            ? _host.NewStreamAsync(connection, Protocols, cancellationToken)
            : throw new Libp2pException(Libp2pErrorCodes.ConnectionClosed, $"{peer} is no longer connected.", isTransient: true);

    /// <summary>Whether the peer is connected; when it is not, its session ends here and now, so that none is found that is about to.</summary>
    private bool HasConnection(GossipSession session)
    {
        lock (_gate)
        {
            if (_state == State.Running && UsableTo(session.Peer) is not null)
            {
                return true;
            }

            Remove(session);
            return false;
        }
    }

    private void Remove(GossipSession session)
    {
        if (_sessions.GetValueOrDefault(session.Peer) == session)
        {
            _sessions.Remove(session.Peer);
            session.Outbox.Suspend();
            _router.RemovePeer(session.Peer, Now);
            Apply();
        }
    }

    private void Greet(GossipSession session, Libp2pStream stream)
    {
        _logger.Speaking(session.Peer, stream.Protocol);
        lock (_gate)
        {
            if (_sessions.GetValueOrDefault(session.Peer) != session)
            {
                return;
            }

            _router.Greet(session.Peer, VersionOf(stream.Protocol), Now);
            Apply();
        }
    }

    private void Suspend(GossipSession session, string reason)
    {
        _logger.StreamEnded(session.Peer, reason);
        lock (_gate)
        {
            session.Outbox.Suspend();
            if (_sessions.GetValueOrDefault(session.Peer) != session)
            {
                return;
            }

            _router.Silence(session.Peer, Now);
        }
    }

    /// <summary>2 for <c>/meshsub/1.2.0</c>.</summary>
    private static int VersionOf(string protocol) => protocol[^3] - '0';
}
