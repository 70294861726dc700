using DChat.Libp2p.Addresses;
using DChat.Libp2p.Peers;
using DChat.Libp2p.Swarm;

namespace DChat.Libp2p.Protocols.Kad;

/// <content>Starting, serving and stopping.</content>
public sealed partial class KademliaDht
{
    /// <summary>
    /// Public networks that must have connected to a host directly before <see cref="KademliaMode.Auto"/> serves: one alone may
    /// be a neighbour, or someone who wants it to.
    /// </summary>
    internal const int MinNetworksToServe = 3;

    /// <summary>Time that work in the background has to end when Kademlia stops.</summary>
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(2);

    private readonly Lock _modeGate = new();
    private readonly HashSet<string> _inboundNetworks = new(StringComparer.Ordinal);
    private bool _isStarted;
    private bool _isServing;

    /// <summary>Serves, if it is to, and gets to know the network. Returns at once; lookups find nobody until it knows somebody.</summary>
    /// <exception cref="InvalidOperationException">It was started before.</exception>
    public Task StartAsync(CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_modeGate)
        {
            if (_isStarted)
            {
                throw new InvalidOperationException("Kademlia is started once.");
            }

            _isStarted = true;
        }

        var events = _host.Subscribe();
        if (_options.Mode == KademliaMode.Server)
        {
            SetServing(true);
        }

        _tasks.Run(() => events.ForEachAsync(Follow, _logger.EventFailed, _stopping.Token));
        for (var i = 0; i < Probers; i++)
        {
            _tasks.Track(ProbeAsync);
        }

        foreach (var connection in _host.Connections)
        {
            Consider(connection.RemotePeer);
        }

        _tasks.Run(MaintainAsync);
        return Task.CompletedTask;
    }

    /// <summary>Serves from now on or does not any more: for one who knows better than <see cref="KademliaMode.Auto"/>.</summary>
    public void SetServing(bool serving)
    {
        lock (_modeGate)
        {
            if (_isServing == serving || _stopping.IsCancellationRequested)
            {
                return;
            }

            _isServing = serving;
            if (serving)
            {
                _host.SetStreamHandler(Protocol, _server.ServeAsync, KadServer.Limits);
                _logger.Serving(Protocol);
            }
            else
            {
                _host.RemoveStreamHandler(Protocol);
            }
        }
    }

    /// <summary>Stops serving and looking, and keeps the table if it is to.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_stopping.IsCancellationRequested)
        {
            return;
        }

        SetServing(false);
        await _stopping.CancelAsync().ConfigureAwait(false);
        _candidates.Writer.TryComplete();
        _ready.TrySetCanceled();
        await _tasks.WhenEmptyAsync(StopTimeout, _host.Time).ConfigureAwait(false);
        await KeepAsync().ConfigureAwait(false);
        foreach (var peer in _table.Snapshot())
        {
            _host.ConnectionManager.RemoveTag(peer.Peer, KadTable.Tag);
        }

        _instruments.Dispose();
    }

    private void Follow(PeerEvent occurred)
    {
        switch (occurred)
        {
            case PeerEvent.Identified identified:
                Identified(identified.Info);
                break;
            case PeerEvent.ConnectionOpened { Connection: { Direction: Direction.Inbound } inbound }:
                Reached(inbound.RemoteAddress);
                break;
        }
    }

    private void Identified(PeerInfo info)
    {
        if (info.Protocols?.Contains(Protocol) is true)
        {
            Consider(info.Peer);
        }
        else
        {
            _table.Remove(info.Peer);
        }
    }

    /// <summary>Somebody has connected from an address.</summary>
    internal void Reached(Multiaddr from)
    {
        if (_options.Mode == KademliaMode.Auto && !from.IsRelayed && AddressClasses.Of(from) == AddressClass.Public && _networks.ShareOf(from) is { } network
            && _inboundNetworks.Count < MinNetworksToServe && _inboundNetworks.Add(network) && _inboundNetworks.Count == MinNetworksToServe)
        {
            SetServing(true);
        }
    }
}
