using System.Diagnostics.Metrics;
using DChat.Libp2p.Addresses;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Streams;
using DChat.Libp2p.Swarm;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace DChat.Libp2p.Protocols.CircuitRelay;

/// <summary>
/// Keeps reservations at relays (circuit relay v2, relay/circuit-v2.md, "Reservation"), so that a host that nobody can dial is reached
/// through them. While one holds, the host listens on <c>/…/p2p/RELAY/p2p-circuit</c> and tells peers so. A reservation is renewed before
/// it ends; a relay that is lost has a while to come back, and then another takes its place.
/// </summary>
public sealed class AutoRelay : IAsyncDisposable
{
    /// <summary>Time between two looks at how reservations stand.</summary>
    internal static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);

    private const string Tag = "circuit-relay";

    private readonly ILibp2pHost _host;
    private readonly SteadyClock _clock;
    private readonly AutoRelayTable _table;
    private readonly ILogger _logger;
    private readonly AutoRelayInstruments _instruments;
    private readonly Lock _gate = new();
    private readonly TaskGroup _tasks;
    private readonly CancellationTokenSource _stopping = new();
    private volatile bool _finds;
    private bool _isStarted;

    /// <summary>Reserves nothing before <see cref="StartAsync"/>.</summary>
    /// <param name="host">The host.</param>
    /// <param name="options">Where to reserve; the defaults when null.</param>
    /// <param name="logger">Where it logs; nowhere when null.</param>
    /// <param name="meters">Makes its meter; an own one when null.</param>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public AutoRelay(ILibp2pHost host, AutoRelayOptions? options = null, ILogger<AutoRelay>? logger = null, IMeterFactory? meters = null)
    {
        ArgumentNullException.ThrowIfNull(host);
        options ??= new AutoRelayOptions();
        if (options.Validate() is { Count: > 0 } faults)
        {
            throw new ArgumentException(string.Join(" ", faults), nameof(options));
        }

        (_host, _clock) = (host, SteadyClock.Of(host.Time));
        _finds = options.FindsRelays;
        _logger = logger ?? NullLogger<AutoRelay>.Instance;
        _tasks = new TaskGroup(_logger);
        _table = new AutoRelayTable(options);
        foreach (var relay in options.Relays)
        {
            _table.Name(relay);
        }

        _instruments = new AutoRelayInstruments(meters, () => Relays.Count(relay => relay.State == AutoRelayState.Reserved));
    }

    /// <summary>The relays that are named, reserved at or failed a short while ago; those named first.</summary>
    public IReadOnlyList<AutoRelayStatus> Relays { get { lock (_gate) { return _table.Describe(); } } }

    /// <summary>Whether relays are found among the connected peers.</summary>
    public bool IsFinding => _finds;

    /// <summary>Begins to reserve; returns at once. The host must have started.</summary>
    /// <exception cref="InvalidOperationException">It was started before.</exception>
    public Task StartAsync(CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (Interlocked.Exchange(ref _isStarted, true))
        {
            throw new InvalidOperationException("Reserving is started once.");
        }

        _tasks.Run(RunAsync);
        return Task.CompletedTask;
    }

    /// <summary>Looks for relays among the connected peers from now on, or no longer; then those that were found are left.</summary>
    public void SetFinding(bool finds) => _finds = finds;

    /// <summary>Names one more relay and asks it at once, whatever the others are.</summary>
    /// <param name="relay">Its address, ending with <c>/p2p</c> and its id.</param>
    /// <param name="cancellationToken">Gives up waiting; the relay stays named.</param>
    /// <returns>How it stands with it then.</returns>
    /// <exception cref="ArgumentException">The address does not name a relay that is reached directly.</exception>
    /// <exception cref="Libp2pException"><see cref="AutoRelayOptions.MaxRelays"/> others are named (<see cref="Libp2pErrorCodes.LimitReached"/>).</exception>
    public async Task<AutoRelayStatus> ReserveAsync(Multiaddr relay, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(relay);
        if (!AutoRelayOptions.IsRelay(relay))
        {
            throw new ArgumentException($"{relay} does not end with /p2p and a relay's id, or does not lead there directly.", nameof(relay));
        }

        lock (_gate)
        {
            if (!_table.Name(relay))
            {
                throw new Libp2pException(Libp2pErrorCodes.LimitReached, $"{AutoRelayOptions.MaxRelays} relays are named already.");
            }
        }

        await (Begin([relay.Peer!]) is [var asked] ? asked.WaitAsync(cancellationToken) : Task.CompletedTask).ConfigureAwait(false);
        lock (_gate)
        {
            return _table.Find(relay.Peer!) ?? new AutoRelayStatus(relay, AutoRelayState.Waiting);
        }
    }

    /// <summary>Gives up the reservation at a relay and forgets the relay. One that was found may be found again.</summary>
    /// <returns>Whether it was named or reserved at.</returns>
    public async Task<bool> ReleaseAsync(PeerId relay)
    {
        ArgumentNullException.ThrowIfNull(relay);
        bool was;
        lock (_gate)
        {
            was = _table.Remove(relay);
        }

        await (was ? UnlistenAsync(relay) : Task.CompletedTask).ConfigureAwait(false);
        return was;
    }

    /// <summary>Gives up every reservation that it made.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_stopping.IsCancellationRequested)
        {
            return;
        }

        await _stopping.CancelAsync().ConfigureAwait(false);
        await _tasks.WhenEmptyAsync().ConfigureAwait(false);
        await Task.WhenAll(Relays.Select(relay => UnlistenAsync(relay.Peer))).ConfigureAwait(false);
        _instruments.Dispose();
    }

    private async Task RunAsync()
    {
        try
        {
            while (true)
            {
                await Task.WhenAll(GivenUp().Select(UnlistenAsync)).ConfigureAwait(false);
                Begin(only: null);
                await Task.Delay(Tick, _host.Time, _stopping.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // Reserving ends.
        }
    }

    /// <summary>The relays that are lost for too long, and those that were found when none is to be found any more. They wait from now on.</summary>
    private IReadOnlyList<PeerId> GivenUp()
    {
        var standings = _host.Listeners.OfType<CircuitListener>().ToDictionary(l => l.Relay, l => l.Standing);
        var (now, finds) = (_clock.UtcNow, _finds);
        lock (_gate)
        {
            var lost = _table.Observe(standings, finds, now);
            foreach (var relay in lost)
            {
                _logger.RelayLost(relay);
                _table.Failed(relay, standings.GetValueOrDefault(relay)?.Fault, now);
            }

            return lost;
        }
    }

    /// <summary>Asks as many relays as are missing, or those that are given.</summary>
    private IReadOnlyList<Task> Begin(IReadOnlyList<PeerId>? only)
    {
        var found = _finds && only is null ? Found() : [];
        IReadOnlyList<Multiaddr> begun;
        lock (_gate)
        {
            begun = _stopping.IsCancellationRequested ? [] : only is null ? _table.Begin(_clock.UtcNow, found) : _table.Begin(only);
        }

        return [.. begun.Select(relay =>
        {
            // A relay that does not answer must not keep the others waiting.
            var asked = Task.Run(() => AskAsync(relay));
            _tasks.Track(() => asked);
            return asked;
        })];
    }

    /// <summary>Connected peers that say they relay, and that something else does not listen through already; those first that this side dialed.</summary>
    private IReadOnlyList<Multiaddr> Found()
    {
        var listened = _host.Listeners.OfType<CircuitListener>().Select(l => l.Relay).ToHashSet();
        return
        [
            .. _host.Connections
                .Where(c => c.IsDirect && !listened.Contains(c.RemotePeer) && _host.Peers.Find(c.RemotePeer)?.Protocols?.Contains(CircuitRelayService.HopId) is true)
                .OrderBy(c => c.Direction == Direction.Outbound ? 0 : 1)
                .ThenBy(c => c.OpenedAt)
                .DistinctBy(c => c.RemotePeer)
                .Select(AddressOf)
                .OfType<Multiaddr>(),
        ];
    }

    /// <summary>Where others may reach a connected relay: where this side did, or where it says it is; null when that is unknown.</summary>
    private Multiaddr? AddressOf(PeerConnection connection)
    {
        var address = connection.Direction == Direction.Outbound
            ? connection.RemoteAddress
            : _host.Peers.Find(connection.RemotePeer)?.Addresses.FirstOrDefault(a => !a.IsRelayed);
        return address?.WithPeer(connection.RemotePeer) is { } full && AutoRelayOptions.IsRelay(full) ? full : null;
    }

    private async Task AskAsync(Multiaddr relay)
    {
        var peer = relay.Peer!;
        string? fault = null;
        try
        {
            await _host.ListenAsync(Circuit(relay), _stopping.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            fault = "Reserving ends.";
        }
        catch (Exception e)
        {
            fault = e.Message;
        }

        var standing = _host.Listeners.OfType<CircuitListener>().FirstOrDefault(l => l.Relay.Equals(peer))?.Standing;
        var isWanted = false;
        lock (_gate)
        {
            if (fault is null && standing is not null)
            {
                isWanted = _table.Reserved(peer, standing);
            }
            else
            {
                _table.Failed(peer, fault, _clock.UtcNow);
            }
        }

        if (isWanted)
        {
            _host.ConnectionManager.Protect(peer, Tag);
            _logger.RelayReserved(peer);
        }
        else if (fault is null)
        {
            // It was released meanwhile.
            await UnlistenAsync(peer).ConfigureAwait(false);
        }
        else
        {
            _logger.RelayRefused(peer, fault);
        }
    }

    private async Task UnlistenAsync(PeerId relay)
    {
        _host.ConnectionManager.Unprotect(relay, Tag);
        foreach (var listener in _host.Listeners.OfType<CircuitListener>().Where(l => l.Relay.Equals(relay)))
        {
            await _host.UnlistenAsync(listener.LocalAddress).ConfigureAwait(false);
        }
    }

    private static Multiaddr Circuit(Multiaddr relay) => Multiaddr.Parse($"{relay}/p2p-circuit");
}
