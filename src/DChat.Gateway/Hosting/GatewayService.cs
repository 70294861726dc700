using DChat.Gateway.Discovery;
using DChat.Gateway.Gossip;
using DChat.Gateway.Peers;
using DChat.Gateway.Push;
using DChat.Libp2p.Addresses;
using DChat.Libp2p.Host;
using DChat.Libp2p.Protocols.CircuitRelay;
using DChat.Libp2p.Protocols.Gossip;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace DChat.Gateway.Hosting;

/// <summary>
/// The gateway of a silo: what it does beside the libp2p host that serves its peers, and in which order it stops.
/// </summary>
public sealed partial class GatewayService
{
    private readonly Libp2pHost _host;
    private readonly Gossipsub _gossipsub;
    private readonly GossipBridge _bridge;
    private readonly GossipIntake _intake;
    private readonly PushProtocol _push;
    private readonly PeerReporter _reporter;
    private readonly RelayDiscovery _discovery;
    private readonly AutoRelay _autoRelay;
    private readonly ReachabilityWatch _reachability;
    private readonly GatewayOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;

    internal GatewayService(
        Libp2pHost host,
        Gossipsub gossipsub,
        GossipBridge bridge,
        GossipIntake intake,
        PushProtocol push,
        PeerReporter reporter,
        RelayDiscovery discovery,
        AutoRelay autoRelay,
        ReachabilityWatch reachability,
        IOptions<GatewayOptions> options,
        TimeProvider time,
        ILogger<GatewayService> logger)
    {
        _host = host;
        _gossipsub = gossipsub;
        _bridge = bridge;
        _intake = intake;
        _push = push;
        _reporter = reporter;
        _discovery = discovery;
        _autoRelay = autoRelay;
        _reachability = reachability;
        _options = options.Value;
        _time = time;
        _logger = logger;
    }

    /// <summary>Where peers reach the gateway, with <c>/p2p</c>; none when it does not listen.</summary>
    public IReadOnlyList<Multiaddr> Addresses => [.. _host.ListenAddresses.Select(address => address.WithPeer(_host.LocalPeer))];

    /// <summary>Takes part in gossip from now on.</summary>
    internal void JoinGossip() => _bridge.Start();

    /// <summary>Tells the cluster from now on that the gateway is there and who is connected to it, and other relays where it is.</summary>
    internal void BeginReporting()
    {
        _reporter.Start();
        _discovery.Start();
        _reachability.Start();
    }

    /// <summary>
    /// Takes no more connections, answers what was pushed, leaves gossip and keeps what it accepted. The silo must still be up.
    /// </summary>
    internal async Task DrainAsync(CancellationToken cancellationToken)
    {
        await _reachability.DisposeAsync().ConfigureAwait(false);

        // Or it would listen through relays again.
        await _autoRelay.DisposeAsync().ConfigureAwait(false);
        await _host.StopListeningAsync().ConfigureAwait(false);
        await _discovery.DisposeAsync().ConfigureAwait(false);
        await _reporter.DisposeAsync().ConfigureAwait(false);
        var started = _time.GetTimestamp();
        try
        {
            await _push.DrainAsync().WaitAsync(_options.DrainTimeout, _time, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            LogNotDrained(_push.UnansweredBytes, _options.DrainTimeout);
        }

        await _bridge.DisposeAsync().ConfigureAwait(false);
        await _gossipsub.DisposeAsync().ConfigureAwait(false);
        var left = _options.DrainTimeout - _time.GetElapsedTime(started);
        try
        {
            await _intake.DrainAsync().WaitAsync(left > TimeSpan.Zero ? left : TimeSpan.Zero, _time, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            LogGossipNotKept(_intake.WaitingBytes, _options.DrainTimeout);
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "{Bytes} bytes of pushed messages were not answered within {Limit}; their peers will push them again.")]
    private partial void LogNotDrained(long bytes, TimeSpan limit);

    [LoggerMessage(2, LogLevel.Warning, "{Bytes} bytes of gossiped messages were not kept within {Limit}; other relays have them.")]
    private partial void LogGossipNotKept(long bytes, TimeSpan limit);
}
