using System.Collections.Frozen;
using System.Diagnostics.Metrics;
using System.Net;
using DChat.Libp2p.Addresses;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Names;
using DChat.Libp2p.Noise;
using DChat.Libp2p.Peers;
using DChat.Libp2p.Protocols.CircuitRelay;
using DChat.Libp2p.Protocols.Identify;
using DChat.Libp2p.Protocols.Perf;
using DChat.Libp2p.Protocols.Ping;
using DChat.Libp2p.Resources;
using DChat.Libp2p.Streams;
using DChat.Libp2p.Swarm;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace DChat.Libp2p.Host;

/// <summary>
/// A libp2p peer: listens, dials, and leads streams to protocols. Serves identify and ping by itself. Thread-safe.
/// </summary>
/// <remarks>Make it, set handlers, <see cref="StartAsync"/> it, dispose it. A host that was stopped is not started again.</remarks>
public sealed partial class Libp2pHost : ILibp2pHost, IAsyncDisposable
{
    /// <summary>Time that handlers and other work in the background have to end when the host stops.</summary>
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(5);

    private readonly Libp2pOptions _options;
    private readonly PrivateKey _identity;
    private readonly ILogger _logger;
    private readonly Libp2pInstruments _instruments;
    private readonly NoiseSecurity _security;
    private readonly Upgrader _upgrader;
    private readonly Dialer _dialer;
    private readonly ConnectionTable _table;
    private readonly PendingPlaces _pending;
    private readonly RefusedPeers _refused;
    private readonly HandshakeBudget _handshakes;
    private readonly StreamRouter _router;
    private readonly StreamOpener _opener;
    private readonly IdentifyProtocol _identify;
    private readonly AddressManager _addresses;
    private readonly OwnRecords _records;
    private readonly FrozenDictionary<string, int> _outboundStreams;
    private readonly PeerEventFeed _feed = new();
    private readonly TaskGroup _tasks;
    private readonly CancellationTokenSource _stopping = new();

    /// <summary>A host that is not listening yet.</summary>
    /// <param name="options">How it is set up.</param>
    /// <param name="time">The clock; the system's when null.</param>
    /// <param name="logger">Where it logs; nowhere when null.</param>
    /// <param name="meters">Makes its meter; an own one when null.</param>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public Libp2pHost(Libp2pOptions options, TimeProvider? time = null, ILogger<Libp2pHost>? logger = null, IMeterFactory? meters = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Validate() is { Count: > 0 } faults)
        {
            throw new ArgumentException(string.Join(" ", faults), nameof(options));
        }

        Time = time ?? TimeProvider.System;
        _options = options;
        _outboundStreams = options.OutboundStreams.ToFrozenDictionary(StringComparer.Ordinal);
        _identity = options.Identity ?? PrivateKey.Generate();
        _logger = logger ?? NullLogger<Libp2pHost>.Instance;
        _tasks = new TaskGroup(_logger);
        _instruments = new Libp2pInstruments(meters);
        _security = new NoiseSecurity(_identity, Upgrader.Muxers);
        _upgrader = new Upgrader(_security, options.Connections, options.Yamux, Time);
        _transports = [.. options.Transports, new CircuitTransport(this)];
        var policy = new GuardedPolicy(options.Gater, options.PeerFilter, _logger);
        _refused = new RefusedPeers(policy, Time);
        var resolver = new AddressResolver(options.NameResolver, Time);
        _dialer = new Dialer(() => _transports, _upgrader, options.Connections, _refused, policy, resolver, Time, _logger);
        ConnectionManager = options.ConnectionManager is { } own ? new GuardedManager(own, _logger) : new ConnectionManager(options.Trimming, Time);
        Resources = options.ResourceManager ?? new ResourceManager(options.Resources, options.Connections);
        _instruments.Observe(Resources);
        _table = new ConnectionTable(Resources, options.Connections, ConnectionManager, (c, reason, open) => _feed.Publish(PeerEvent.Of(c, reason, open)));
        _pending = new PendingPlaces(options.Connections);
        _handshakes = new HandshakeBudget(options.Connections.Handshakes, Time);
        Store = new PeerStore(options.PeerStore, options.Connections.MaxConnections, policy, Time) { Saver = SavePeersAsync };
        _router = new StreamRouter(options.Connections, Time, _instruments, _logger);
        _opener = new StreamOpener(Peers, MaxOutboundOf, p => _router.LimitsOf(p).OnLimited || options.LimitedProtocols.Contains(p), options.Connections, Time, _instruments);
        _addresses = new AddressManager([.. options.AnnounceAddresses], () => ListenAddresses, AddressManager.OfMachine, PushIdentify, Time);
        _records = new OwnRecords(_identity, Time);
        var context = new IdentifyContext(Describe, (c, p, t) => _opener.OpenAsync(c, [p], t).AsTask(), PublishIdentified, _addresses.Observe, Store, Time);
        _identify = new IdentifyProtocol(context, _logger);
        _router.Set(IdentifyProtocol.Id, _identify.ServeAsync, IdentifyProtocol.Limits);
        _router.Set(IdentifyProtocol.PushId, _identify.ServePushAsync, IdentifyProtocol.Limits);
        _router.Set(PingProtocol.Id, PingProtocol.ServeAsync, PingProtocol.Limits);
        if (options.ServePerf)
        {
            _router.Set(PerfProtocol.Id, PerfProtocol.ServeAsync, ProtocolLimits.Default);
        }
    }

    /// <inheritdoc/>
    public PeerId LocalPeer => _identity.Peer;

    /// <inheritdoc/>
    public IPeerStore Peers => Store;

    /// <inheritdoc/>
    public IConnectionManager ConnectionManager { get; }

    /// <inheritdoc/>
    public IResourceManager Resources { get; }

    /// <inheritdoc/>
    public IAddressManager Addresses => _addresses;

    /// <inheritdoc/>
    public IReadOnlyList<string> Protocols => _router.Protocols;

    /// <inheritdoc/>
    public IReadOnlyList<PeerConnection> Connections => _table.All;

    /// <inheritdoc/>
    public TimeProvider Time { get; }

    /// <inheritdoc/>
    public PublicKey PublicKey => _identity.PublicKey;

    /// <summary>Addresses being dialed, and those that wait for it.</summary>
    internal DialPlaces DialPlaces => _dialer.Places;

    /// <summary>Inbound connections being set up.</summary>
    internal int PendingInbound => _pending.Count;

    internal PeerStore Store { get; }

    /// <summary>Work running in the background: what a test for leaks counts.</summary>
    internal int RunningTasks => _tasks.Running;

    /// <inheritdoc/>
    public byte[] Sign(ReadOnlySpan<byte> data) => _identity.Sign(data);

    /// <inheritdoc/>
    public void SetStreamHandler(string protocol, StreamHandler handler, ProtocolLimits? limits = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(protocol);
        ArgumentNullException.ThrowIfNull(handler);
        _router.Set(protocol, handler, limits ?? ProtocolLimits.Default);
        PushIdentify();
    }

    /// <inheritdoc/>
    public bool RemoveStreamHandler(string protocol)
    {
        var removed = _router.Remove(protocol);
        if (removed)
        {
            PushIdentify();
        }

        return removed;
    }

    /// <inheritdoc/>
    public Task<Libp2pStream> NewStreamAsync(PeerId peer, IReadOnlyList<string> protocols, CancellationToken cancellationToken = default) =>
        NewStreamAsync(peer, protocols, DialOptions.Default, cancellationToken);

    /// <inheritdoc/>
    public Task<Libp2pStream> NewStreamAsync(
        PeerId peer, IReadOnlyList<string> protocols, DialOptions options, CancellationToken cancellationToken = default) =>
        _opener.OpenAsync(peer, token => ConnectAsync(peer, [], options, token), protocols, cancellationToken);

    /// <inheritdoc/>
    public Task<Libp2pStream> NewStreamAsync(PeerConnection connection, IReadOnlyList<string> protocols, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(connection);
        return _opener.OpenInTimeAsync(connection, protocols, cancellationToken);
    }

    /// <inheritdoc/>
    public bool CanDial(Multiaddr address)
    {
        ArgumentNullException.ThrowIfNull(address);
        return _dialer.CanTake(address);
    }

    /// <inheritdoc/>
    public IReadOnlyList<PeerConnection> ConnectionsTo(PeerId peer) => _table.Of(peer);

    /// <inheritdoc/>
    public Task DisconnectAsync(PeerId peer) => Task.WhenAll(_table.Of(peer).Select(c => c.CloseAsync()));

    /// <inheritdoc/>
    public Task RefuseAsync(PeerId peer, TimeSpan period, IReadOnlyList<IPNetwork>? networks = null)
    {
        ArgumentNullException.ThrowIfNull(peer);
        ArgumentOutOfRangeException.ThrowIfLessThan(period, TimeSpan.Zero);
        _refused.Refuse(peer, networks ?? [], period);
        return DisconnectAsync(peer);
    }

    /// <inheritdoc/>
    public PeerEventSubscription Subscribe(int capacity = PeerEventSubscription.DefaultCapacity) => _feed.Subscribe(capacity);

    /// <summary>Stops listening, closes every connection and waits for handlers to end.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_stopping.IsCancellationRequested)
        {
            return;
        }

        await _stopping.CancelAsync().ConfigureAwait(false);
        await StopListeningAsync().ConfigureAwait(false);
        await SavePeersAsync().ConfigureAwait(false);
        await Task.WhenAll(_table.All.Select(c => c.CloseAsync())).ConfigureAwait(false);
        await _tasks.WhenEmptyAsync(StopTimeout, Time).ConfigureAwait(false);
        _addresses.Dispose();
        _feed.Complete();
        _handshakes.Dispose();
        _security.Dispose();
        _instruments.Dispose();
        if (_options.Identity is null)
        {
            _identity.Dispose();
        }
    }

    private int MaxOutboundOf(string protocol) => _outboundStreams.TryGetValue(protocol, out var limit) ? limit : _router.LimitsOf(protocol).MaxOutbound;

    private void PushIdentify()
    {
        if (!_stopping.IsCancellationRequested && _table.All.Count > 0)
        {
            _tasks.Track(() => _identify.PushSoonAsync(() => _table.All, _stopping.Token));
        }
    }
}
