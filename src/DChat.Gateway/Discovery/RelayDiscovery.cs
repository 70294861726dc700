using System.Security.Cryptography;
using DChat.Core.Relays;
using DChat.Core.Topics;
using DChat.Libp2p;
using DChat.Libp2p.Addresses;
using DChat.Libp2p.Host;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Protocols.Kad;
using DChat.Libp2p.Swarm;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace DChat.Gateway.Discovery;

/// <summary>
/// Finds gateways of other relays in the DHT and keeps connections to some of them, so that gossip crosses between operators.
/// Whom it connects to has proven by its record that a relay speaks through it; the connection then proves the PeerId.
/// </summary>
internal sealed partial class RelayDiscovery(
    Libp2pHost host,
    KademliaDht dht,
    GatewayAnnouncer announcer,
    GatewayIdentity identity,
    IOptions<GatewayOptions> options,
    IOptions<NetworkOptions> network,
    TimeProvider time,
    ILogger<RelayDiscovery> logger) : IAsyncDisposable
{
    /// <summary>Gateways remembered; beyond it the record made longest ago is forgotten.</summary>
    internal const int MaxGateways = 1024;

    /// <summary>Gateways of one relay that connections are kept to: one operator must not take all of them.</summary>
    internal const int MaxConnectionsPerRelay = 2;

    /// <summary>Providers looked at in a round.</summary>
    internal const int MaxProvidersPerRound = 64;

    /// <summary>What a connection to another relay is worth when some must be closed (<see cref="IConnectionManager"/>).</summary>
    internal const int ConnectionValue = 100;

    /// <summary>Time between the first rounds; each is twice as long as the one before while rounds change nothing.</summary>
    internal static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(5);

    /// <summary>The longest time between rounds, and the one when there are as many connections as wanted.</summary>
    internal static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(10);

    private const string Tag = "dchat-relay";

    private readonly ILogger _logger = logger;
    private readonly NetworkOptions _network = network.Value;
    private readonly GatewayRecordValidator _validator = new(network.Value.Network, time);
    private readonly int _wanted = options.Value.RelayConnections;
    private readonly Lock _gate = new();
    private readonly Dictionary<PeerId, DiscoveredGateway> _found = [];
    private readonly CancellationTokenSource _stopping = new();
    private Task _running = Task.CompletedTask;
    private bool _isDisposed;

    /// <summary>The gateways found so far whose records hold now, by PeerId.</summary>
    public IReadOnlyList<DiscoveredGateway> Gateways
    {
        get
        {
            lock (_gate)
            {
                var now = time.GetUtcNow();
                return [.. _found.Values.Where(gateway => gateway.NotAfter >= now).OrderBy(gateway => gateway.Peer)];
            }
        }
    }

    /// <summary>Begins to announce and to search.</summary>
    public void Start() => _running = Task.Run(() => RunAsync(_stopping.Token));

    /// <summary>Ends the search.</summary>
    public async ValueTask DisposeAsync()
    {
        // The gateway ends it when it drains, and the container once more.
        if (Interlocked.Exchange(ref _isDisposed, true))
        {
            return;
        }

        await _stopping.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
        _stopping.Dispose();
    }

    /// <summary>Reads a gateway's record from the DHT.</summary>
    /// <returns>Null when there is none that holds.</returns>
    public async Task<DiscoveredGateway?> FindAsync(PeerId gateway, CancellationToken cancellationToken)
    {
        var key = GatewayRecordValidator.KeyOf(gateway);
        var value = await dht.GetValueAsync(key, cancellationToken: cancellationToken).ConfigureAwait(false);
        return value is { } bytes && _validator.TryRead(key, bytes.Span) is var (signed, relay)
            ? Remember(gateway, relay, signed.Statement)
            : null;
    }

    private async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            await dht.Ready.WaitAsync(cancellationToken).ConfigureAwait(false);
            var (pause, before) = (FirstPause, -1);
            while (true)
            {
                await TryAsync(() => RoundAsync(cancellationToken), cancellationToken).ConfigureAwait(false);
                var connected = Connected().Count;
                pause = connected != before ? FirstPause : TimeSpan.FromTicks(Math.Min(2 * pause.Ticks, LongestPause.Ticks));
                before = connected;
                await PauseAsync(connected < _wanted ? pause : LongestPause, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // The gateway stops, or the DHT stopped before it was ready.
        }
    }

    /// <summary>Where the gateway is does not wait for the next round: its only address may be one through a relay that it has just found.</summary>
    private async Task PauseAsync(TimeSpan pause, CancellationToken cancellationToken)
    {
        for (var left = pause; left > TimeSpan.Zero; left -= FirstPause)
        {
            await Task.Delay(left < FirstPause ? left : FirstPause, time, cancellationToken).ConfigureAwait(false);
            if (announcer.HasMoved)
            {
                await TryAsync(() => announcer.AnnounceAsync(cancellationToken), cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async Task RoundAsync(CancellationToken cancellationToken)
    {
        await announcer.AnnounceAsync(cancellationToken).ConfigureAwait(false);
        if (Connected().Count < _wanted)
        {
            await SearchAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task TryAsync(Func<Task> work, CancellationToken cancellationToken)
    {
        try
        {
            await work().ConfigureAwait(false);
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
        {
            // What one round could not do the next one tries again.
            LogRoundFailed(failure);
        }
    }

    /// <summary>Every gateway provides every shard, so the providers of any of them do. A new one each time meets others.</summary>
    private async Task SearchAsync(CancellationToken cancellationToken)
    {
        var shard = new ShardId((ushort)RandomNumberGenerator.GetInt32(_network.ShardCount));
        var left = MaxProvidersPerRound;
        await foreach (var provider in dht.FindProvidersAsync(GatewayAnnouncer.KeyOf(_network, shard), cancellationToken: cancellationToken).ConfigureAwait(false))
        {
            if (!provider.Peer.Equals(host.LocalPeer) && !(IsConnected(provider.Peer) && IsFound(provider.Peer)))
            {
                await MeetAsync(provider.Peer, cancellationToken).ConfigureAwait(false);
            }

            if (--left == 0 || Connected().Count >= _wanted)
            {
                return;
            }
        }
    }

    private async Task MeetAsync(PeerId peer, CancellationToken cancellationToken)
    {
        // The cluster's own gateways hear of everything by its streams already.
        if (await FindAsync(peer, cancellationToken).ConfigureAwait(false) is not { } gateway || gateway.Relay == identity.Relay)
        {
            return;
        }

        host.ConnectionManager.SetTag(peer, Tag, ConnectionValue);
        if (host.ConnectionsTo(peer).Count > 0 || Connected().Count(other => other.Relay == gateway.Relay) >= MaxConnectionsPerRelay)
        {
            return;
        }

        try
        {
            // Gossip does not run through a relay: such a connection is for the peer to find a direct one (DCUtR).
            await host.ConnectAsync(peer, gateway.Addresses, cancellationToken).ConfigureAwait(false);
            LogConnected(gateway.Relay, peer);
        }
        catch (Libp2pException failure)
        {
            LogUnreachable(gateway.Relay, peer, failure.Message);
        }
    }

    private DiscoveredGateway Remember(PeerId peer, RelayId relay, GatewayRecord record)
    {
        List<Multiaddr> addresses = [];
        foreach (var bytes in record.Addresses)
        {
            // One in a form of later years is no reason to pass over the others.
            if (Multiaddr.TryDecode(bytes.Span, out var address))
            {
                addresses.Add(address.WithoutPeer());
            }
        }

        var gateway = new DiscoveredGateway(peer, relay, addresses, record.MadeAt, record.NotAfter);
        lock (_gate)
        {
            _found[peer] = gateway;
            if (_found.Count > MaxGateways)
            {
                var oldest = _found.MinBy(entry => entry.Value.MadeAt).Key;
                _found.Remove(oldest);
                host.ConnectionManager.RemoveTag(oldest, Tag);
            }
        }

        return gateway;
    }

    private bool IsFound(PeerId peer) { lock (_gate) { return _found.ContainsKey(peer); } }

    /// <summary>Whether gossip reaches a peer: one that is reached through a relay alone does not count.</summary>
    private bool IsConnected(PeerId peer) => host.ConnectionsTo(peer).Any(connection => !connection.IsLimited);

    private List<DiscoveredGateway> Connected()
    {
        lock (_gate)
        {
            return [.. _found.Values.Where(gateway => gateway.Relay != identity.Relay && IsConnected(gateway.Peer))];
        }
    }

    [LoggerMessage(1, LogLevel.Information, "Connected to gateway {Peer} of relay {Relay}, found in the DHT.")]
    private partial void LogConnected(RelayId relay, PeerId peer);

    [LoggerMessage(2, LogLevel.Debug, "Gateway {Peer} of relay {Relay} is in the DHT and not to be reached: {Reason}")]
    private partial void LogUnreachable(RelayId relay, PeerId peer, string reason);

    [LoggerMessage(3, LogLevel.Debug, "A round of the search for other relays failed; the next one tries again.")]
    private partial void LogRoundFailed(Exception failure);
}
