using System.Diagnostics.Metrics;
using DChat.Libp2p.Addresses;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Streams;
using DChat.Libp2p.Swarm;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace DChat.Libp2p.Protocols.AutoNat;

/// <summary>
/// Finds out at which of its addresses this host can be reached, and helps others to find out (AutoNAT v2, autonat/autonat-v2.md).
/// Thread-safe.
/// </summary>
/// <remarks>
/// Make it, <see cref="StartAsync"/> it, dispose it before its host. Connected peers that serve are asked, one in each network; what
/// enough of them reach is confirmed in <see cref="ILibp2pHost.Addresses"/>, what enough do not is refuted there and told to nobody,
/// and both are asked again before they expire.
/// </remarks>
public sealed partial class AutoNat : IAsyncDisposable
{
    /// <summary>What clients ask of servers.</summary>
    public const string DialRequestId = "/libp2p/autonat/2/dial-request";

    /// <summary>What servers bring to clients.</summary>
    public const string DialBackId = "/libp2p/autonat/2/dial-back";

    /// <summary>Time that work in the background has to end when it stops.</summary>
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(2);

    private readonly Lock _gate = new();
    private readonly ILibp2pHost _host;
    private readonly AutoNatOptions _options;
    private readonly ILogger _logger;
    private readonly AutoNatInstruments _instruments;
    private readonly DialBackDoor _door;
    private readonly AutoNatClient _client;
    private readonly AutoNatServer _server;
    private readonly ReachabilityBook _book;
    private readonly ServerPauses _pauses;
    private readonly SteadyClock _clock;
    private readonly TaskGroup _tasks;
    private readonly CancellationTokenSource _stopping = new();
    private bool _isStarted;

    /// <summary>Knows nothing yet.</summary>
    /// <param name="host">The host it stands on.</param>
    /// <param name="options">How it works; the defaults when null.</param>
    /// <param name="logger">Where it logs; nowhere when null.</param>
    /// <param name="meters">Makes its meter; an own one when null.</param>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public AutoNat(ILibp2pHost host, AutoNatOptions? options = null, ILogger<AutoNat>? logger = null, IMeterFactory? meters = null)
    {
        ArgumentNullException.ThrowIfNull(host);
        (_host, _options) = (host, options ?? new AutoNatOptions());
        if (_options.Validate() is { Count: > 0 } faults)
        {
            throw new ArgumentException(string.Join(" ", faults), nameof(options));
        }

        _logger = logger ?? NullLogger<AutoNat>.Instance;
        _tasks = new TaskGroup(_logger);
        _clock = SteadyClock.Of(host.Time);
        _book = new ReachabilityBook(_options);
        _pauses = new ServerPauses(_options);
        _instruments = new AutoNatInstruments(meters, reachability => Addresses.Count(a => a.Reachability == reachability));
        _door = new DialBackDoor(host);
        _client = new AutoNatClient(host, _options, _door);
        _server = new AutoNatServer(host, _options, _instruments);
    }

    /// <summary>The addresses that servers are asked about, the preferred first, and what is known.</summary>
    public IReadOnlyList<AddressReachability> Addresses { get { lock (_gate) { return _book.Snapshot(_clock.UtcNow); } } }

    /// <summary>Servers that are being asked.</summary>
    internal int Asking { get { lock (_gate) { return _asked.Count; } } }

    /// <summary>Serves, if it is to, and begins to ask, if it is to. Returns at once.</summary>
    /// <exception cref="InvalidOperationException">It was started before.</exception>
    public Task StartAsync(CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            if (_isStarted)
            {
                throw new InvalidOperationException("AutoNAT is started once.");
            }

            _isStarted = true;
        }

        if (_options.Serves)
        {
            _host.SetStreamHandler(DialRequestId, _server.ServeAsync, AutoNatServer.Limits);
        }

        if (_options.Asks)
        {
            var events = _host.Subscribe();
            _host.SetStreamHandler(DialBackId, _door.ServeAsync, DialBackDoor.Limits);
            _tasks.Run(() => events.ForEachAsync(Follow, _logger.WorkFailed, _stopping.Token));
            _tasks.Run(AskAsync);
        }

        return Task.CompletedTask;
    }

    /// <summary>
    /// Asks one connected server whether it reaches this host at one address. The answer does not count for what is confirmed: a single
    /// server may say what it likes.
    /// </summary>
    /// <param name="server">A peer with a direct connection.</param>
    /// <param name="address">The address; a private one is refused unless the server takes those.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="Libp2pException">There is no direct connection to it (<see cref="Libp2pErrorCodes.NotConnected"/>).</exception>
    /// <exception cref="InvalidOperationException">It was not started, or does not ask.</exception>
    public async Task<DialBackOutcome> AskAsync(PeerId server, Multiaddr address, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(server);
        ArgumentNullException.ThrowIfNull(address);
        if (!_isStarted || !_options.Asks)
        {
            throw new InvalidOperationException("AutoNAT was not started, or does not ask.");
        }

        var connection = await _host.ConnectAsync(server, [], new DialOptions { NoDial = true, ForceDirect = true }, cancellationToken).ConfigureAwait(false);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stopping.Token);
        var outcome = await _client.AskAsync(connection, address.WithoutPeer(), either.Token).ConfigureAwait(false);
        _instruments.Asked(outcome);
        return outcome;
    }

    /// <summary>Stops serving and asking.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_stopping.IsCancellationRequested)
        {
            return;
        }

        await _stopping.CancelAsync().ConfigureAwait(false);
        if (_isStarted)
        {
            _host.RemoveStreamHandler(DialRequestId);
            _host.RemoveStreamHandler(DialBackId);
        }

        await _tasks.WhenEmptyAsync(StopTimeout, _host.Time).ConfigureAwait(false);
        _instruments.Dispose();
    }

    /// <summary>What a peer's limits and votes go by: its /24 of IPv4 or /48 of IPv6, or itself where there is none.</summary>
    internal static string NetworkOf(PeerConnection connection) =>
        connection.RemoteNetworks.Where(AddressNetworks.IsSite).Select(n => n.ToString()).FirstOrDefault() ?? connection.RemotePeer.ToString();
}
