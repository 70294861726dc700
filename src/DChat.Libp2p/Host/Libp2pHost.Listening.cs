using DChat.Libp2p.Addresses;
using DChat.Libp2p.Protocols.Identify;
using DChat.Libp2p.Swarm;
using DChat.Libp2p.Transports;

namespace DChat.Libp2p.Host;

/// <content>Listening, and what the host tells about itself.</content>
public sealed partial class Libp2pHost
{
    /// <summary>Time to wait when accepting fails for want of resources, before it is tried again.</summary>
    private static readonly TimeSpan AcceptRetryDelay = TimeSpan.FromMilliseconds(100);

    private readonly Lock _listenGate = new();

    /// <summary>Where the host listens, with the ports that were really taken. Add <c>/p2p</c> by <see cref="Multiaddr.WithPeer"/> to hand one out.</summary>
    public IReadOnlyList<Multiaddr> ListenAddresses { get { lock (_listenGate) { return [.. _listeners.Select(l => l.Listener.LocalAddress)]; } } }

    /// <inheritdoc/>
    public IReadOnlyList<ITransportListener> Listeners { get { lock (_listenGate) { return [.. _listeners.Select(l => l.Listener)]; } } }

    /// <summary>Starts to listen.</summary>
    /// <exception cref="Libp2pException">An address cannot be listened on; then none is.</exception>
    public async Task StartAsync(CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_stopping.IsCancellationRequested, this);
        var opened = new List<Listening>();
        try
        {
            foreach (var address in _options.ListenAddresses)
            {
                opened.Add(await OpenAsync(address, cancellationToken).ConfigureAwait(false));
            }

            // Stopping may have taken its list of listeners already.
            ObjectDisposedException.ThrowIf(_stopping.IsCancellationRequested, this);
        }
        catch
        {
            await StopListeningAsync(opened.Contains).ConfigureAwait(false);
            throw;
        }

        LoadPeers();
        opened.ForEach(Accept);
        _addresses.Refresh();
        PushIdentify();
    }

    /// <summary>Takes no more connections from outside; those that are open go on. What a host does first when it is to stop gently.</summary>
    public Task StopListeningAsync() => StopListeningAsync(_ => true);

    private async Task AcceptAsync(ITransportListener listener)
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                if (await listener.AcceptAsync(_stopping.Token).ConfigureAwait(false) is not { } transport)
                {
                    return;
                }

                if (await TakePlaceAsync(transport).ConfigureAwait(false) is { } place)
                {
                    _tasks.Run(() => UpgradeAsync(transport, place));
                }
            }
            catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                if (!IsListening(listener))
                {
                    return;
                }

                // Out of file descriptors, say, or a bug in someone else's transport: the listener lives on, and so must
                // this loop.
                _logger.AcceptFailed(e, listener.LocalAddress);
                await Task.Delay(AcceptRetryDelay, Time, CancellationToken.None).ConfigureAwait(false);
            }
        }
    }

    private bool IsListening(ITransportListener listener) { lock (_listenGate) { return _listeners.Exists(l => l.Listener == listener); } }

    /// <summary>A place for a connection that was accepted; null when it is turned away before a byte is read.</summary>
    private async ValueTask<PendingPlace?> TakePlaceAsync(ITransportConnection transport)
    {
        if (_refused.AllowInbound(transport.RemoteAddress))
        {
            return _pending.Take(transport.RemoteAddress);
        }

        Refused(transport.RemoteAddress, Libp2pErrorCodes.Gated);
        await transport.DisposeAsync().ConfigureAwait(false);
        return null;
    }

    private async Task UpgradeAsync(ITransportConnection transport, PendingPlace place)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token, place.Evicted);
        try
        {
            using (place)
            {
                await AwaitTurnAsync(transport, place, either.Token).ConfigureAwait(false);
                var connection = await _upgrader.UpgradeAsync(transport, Direction.Inbound, null, either.Token).ConfigureAwait(false);
                await AddAsync(connection).ConfigureAwait(false);
            }
        }
        catch (Libp2pException e)
        {
            Refused(transport.RemoteAddress, e.Code);
        }
        catch (OperationCanceledException) when (place.EvictedBy is { } limit)
        {
            Refused(transport.RemoteAddress, limit);
        }
        catch (OperationCanceledException)
        {
            // The host stops.
        }
    }

    /// <summary>Waits until the handshake may begin; closes the connection when it may not.</summary>
    private async Task AwaitTurnAsync(ITransportConnection transport, PendingPlace place, CancellationToken cancellationToken)
    {
        try
        {
            await _handshakes.WaitAsync(place.Networks, cancellationToken).ConfigureAwait(false);
            if (_table.IsClosedTo(place.Networks))
            {
                throw new Libp2pException(Libp2pErrorCodes.LimitReached, "Every connection is protected.", isTransient: true);
            }
        }
        catch
        {
            await transport.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private void Refused(Multiaddr remote, string reason)
    {
        _instruments.ConnectionRefused(reason);
        _logger.ConnectionRefused(remote, reason);
    }

    private IdentifyMessage Describe(PeerConnection connection)
    {
        var peer = AddressClasses.OfTeller(connection.RemoteAddress);
        var addresses = _addresses.ToldTo(peer);
        return new IdentifyMessage
        {
            PublicKey = _identity.PublicKey.Encode(),
            ListenAddresses = addresses,
            Protocols = Protocols,
            ObservedAddress = connection.RemoteAddress,
            ProtocolVersion = _options.ProtocolVersion,
            AgentVersion = _options.AgentVersion,
            SignedPeerRecord = _records.For(peer, addresses),
        };
    }
}
