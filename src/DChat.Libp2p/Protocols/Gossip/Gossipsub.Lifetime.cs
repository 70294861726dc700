using DChat.Libp2p.Peers;
using DChat.Libp2p.Streams;

namespace DChat.Libp2p.Protocols.Gossip;

/// <content>Starting, beating and stopping.</content>
public sealed partial class Gossipsub
{
    /// <summary>Time that goodbyes and validators have when gossipsub stops.</summary>
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(2);

    /// <summary>A newer stream replaces the older, which takes a moment to end and counts until then.</summary>
    private static readonly ProtocolLimits StreamLimits = new(MaxInbound: 16, MaxOutbound: 4);

    /// <summary>Serves the protocols on the host and speaks them with every peer that does, connected now or later.</summary>
    /// <exception cref="InvalidOperationException">It was started before.</exception>
    public Task StartAsync(CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            if (_state != State.Made)
            {
                throw new InvalidOperationException("Gossipsub is started once.");
            }

            _state = State.Running;
        }

        var events = _host.Subscribe();
        foreach (var protocol in Protocols)
        {
            _host.SetStreamHandler(protocol, ServeAsync, StreamLimits with { OnLimited = _options.RunsOnLimited });
        }

        VouchForDirectPeers();
        _tasks.Run(() => events.ForEachAsync(Follow, _logger.EventFailed, _stopping.Token));
        for (var i = 0; i < _options.Limits.MaxIntroductions; i++)
        {
            _tasks.Track(() => _dialer.RunAsync(_stopping.Token));
        }

        _tasks.Run(BeatAsync);
        for (var i = 0; i < _options.Limits.MaxConcurrentValidations; i++)
        {
            _tasks.Track(ValidateAsync);
        }

        return Task.CompletedTask;
    }

    /// <summary>Leaves every topic, ends every stream and waits for validators to return.</summary>
    public async ValueTask DisposeAsync()
    {
        GossipSession[] sessions;
        lock (_gate)
        {
            if (_state == State.Stopped)
            {
                return;
            }

            _router.Stop(Now);
            Apply();
            _state = State.Stopped;
            sessions = [.. _sessions.Values];
        }

        foreach (var peer in _router.Direct)
        {
            _host.ConnectionManager.Unprotect(peer, DirectProtection);
        }

        foreach (var protocol in Protocols)
        {
            _host.RemoveStreamHandler(protocol);
        }

        foreach (var session in sessions)
        {
            session.Outbox.Complete();
            session.Wake();
        }

        _validations.Writer.TryComplete();
        await WaitAsync(Task.WhenAll(sessions.Select(s => s.Ended))).ConfigureAwait(false);
        await _stopping.CancelAsync().ConfigureAwait(false);
        foreach (var session in sessions)
        {
            session.Inbound?.Reset();
        }

        await WaitAsync(_tasks.WhenEmptyAsync()).ConfigureAwait(false);
        lock (_gate)
        {
            _feeds.ForEach(feed => feed.Complete());
        }

        _instruments.Dispose();
    }

    private async Task WaitAsync(Task task)
    {
        try
        {
            await task.WaitAsync(StopTimeout, _time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // A peer that does not read, or a validator that does not heed its token, is not waited for.
        }
    }

    private async Task BeatAsync()
    {
        try
        {
            await Task.Delay(_options.HeartbeatDelay, _time, _stopping.Token).ConfigureAwait(false);
            using var timer = new PeriodicTimer(_options.HeartbeatInterval, _time);
            do
            {
                Beat();
            }
            while (await timer.WaitForNextTickAsync(_stopping.Token).ConfigureAwait(false));
        }
        catch (OperationCanceledException)
        {
            // Gossipsub stops.
        }
    }

    private void Beat()
    {
        try
        {
            // An event that was lost, or a peer there was no room for, is found here.
            foreach (var connection in _host.Connections)
            {
                SpeakWith(connection.RemotePeer);
            }

            SeekDirectPeers();
            lock (_gate)
            {
                _router.Heartbeat(Now);
                Apply();
                foreach (var session in _sessions.Values)
                {
                    session.Outbox.Expire();
                }
            }
        }
        catch (Exception e)
        {
            // Without heartbeats meshes fall apart and nothing is forgotten, so that one that fails must not be the last.
            _logger.HeartbeatFailed(e);
        }
    }

    /// <summary>Takes in what has happened. What is missed, because this fails, the next heartbeat finds.</summary>
    private void Follow(PeerEvent occurred)
    {
        switch (occurred)
        {
            case PeerEvent.Identified identified:
                SpeakWith(identified.Info.Peer);
                break;
            case PeerEvent.ConnectionClosed closed:
                WakeSession(closed.Connection.RemotePeer);
                break;
        }
    }
}
