using DChat.Abstractions.Messages;
using DChat.Core.Peers;
using DChat.Core.Topics;
using DChat.Libp2p.Addresses;
using DChat.Libp2p.Host;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Peers;
using DChat.Libp2p.Protocols.Gossip;

namespace DChat.Gateway.Peers;

/// <summary>The gateway and its peers as they are now, by what has happened since it was last looked at. Not thread-safe.</summary>
internal sealed class LivePeerView : IDisposable
{
    /// <summary>Events kept between two looks before some are merged.</summary>
    internal const int MaxEvents = 8192;

    private readonly Libp2pHost _host;
    private readonly Func<GossipSubscriptionChange?> _nextWish;
    private readonly PeerEventSubscription _events;
    private readonly PeerTracker _tracker;
    private readonly IReadOnlyList<Multiaddr> _announced;
    private readonly string _silo;
    private readonly string _relay;
    private readonly DateTimeOffset _startedAt;

    /// <param name="host">The host.</param>
    /// <param name="nextWish">The next change of what peers want; null when there is none now.</param>
    /// <param name="gossip">How the peers that gossip stand now.</param>
    /// <param name="network">The network.</param>
    /// <param name="options">What the gateway announces.</param>
    /// <param name="silo">The silo's name.</param>
    /// <param name="relay">The relay's id.</param>
    /// <param name="firstNumber">Where the numbers of reports begin, drawn at random.</param>
    /// <param name="time">The clock.</param>
    public LivePeerView(
        Libp2pHost host,
        Func<GossipSubscriptionChange?> nextWish,
        Func<IReadOnlyList<GossipStanding>> gossip,
        NetworkOptions network,
        GatewayOptions options,
        string silo,
        string relay,
        long firstNumber,
        TimeProvider time)
    {
        _host = host;
        _nextWish = nextWish;
        _announced = GatewayOptions.TryParse(options.Announce) ?? [];
        _silo = silo;
        _relay = relay;
        _startedAt = time.GetUtcNow();
        _events = host.Subscribe(MaxEvents);
        Gateway = host.LocalPeer.ToString();
        Peers = new NumberedSetWriter<string, PeerDescription>(peer => peer.PeerId, firstNumber, PeerSetUpdate.MaxPeers);
        _tracker = new PeerTracker(
            network, peer => ConnectedPeer.Of(host.ConnectionsTo(peer), host.Peers.Find(peer)?.AgentVersion), gossip, Peers);
        _tracker.TouchAll(host.Connections.Select(connection => connection.RemotePeer));
    }

    /// <summary>The gateway's PeerId as text.</summary>
    public string Gateway { get; }

    /// <summary>Its peers, as of the last look.</summary>
    public NumberedSetWriter<string, PeerDescription> Peers { get; }

    /// <summary>Brings <see cref="Peers"/> up to date and describes the gateway.</summary>
    public GatewayDescription Look()
    {
        while (_nextWish() is { } wish)
        {
            _tracker.Want(wish.Peer, wish.Topic, wish.IsSubscribed);
        }

        while (_events.TryRead(out var occurred))
        {
            if (PeerOf(occurred) is { } peer)
            {
                _tracker.Touch(peer);
            }
        }

        _tracker.Update();
        var listened = _host.ListenAddresses;
        var addresses = _announced.Count > 0 ? [.. _announced, .. listened.Where(address => address.IsRelayed)] : listened;
        return new GatewayDescription(
            Gateway,
            _silo,
            _relay,
            [.. addresses.Take(Libp2pOptions.MaxAnnouncedAddresses).Select(address => address.WithPeer(_host.LocalPeer).ToString())],
            Peers.Count,
            _startedAt);
    }

    /// <summary>Watches no longer.</summary>
    public void Dispose() => _events.Dispose();

    private static PeerId? PeerOf(PeerEvent occurred) => occurred switch
    {
        PeerEvent.ConnectionOpened opened => opened.Connection.RemotePeer,
        PeerEvent.ConnectionClosed closed => closed.Connection.RemotePeer,
        PeerEvent.Identified identified => identified.Connection.RemotePeer,
        _ => null,
    };
}
