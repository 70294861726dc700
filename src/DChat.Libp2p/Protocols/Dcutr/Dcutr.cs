using System.Diagnostics.Metrics;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Peers;
using DChat.Libp2p.Protocols.CircuitRelay;
using DChat.Libp2p.Streams;
using DChat.Libp2p.Swarm;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace DChat.Libp2p.Protocols.Dcutr;

/// <summary>
/// Direct connections in place of relayed ones (DCUtR, relay/DCUtR.md): to a peer that has come through a relay, the peer itself is
/// dialed if it has public addresses; otherwise both sides agree over the relay on a moment to dial each other. Thread-safe.
/// </summary>
/// <remarks>
/// Make it, <see cref="StartAsync"/> it, dispose it before its host. New streams take the direct connection as soon as it is there; relayed
/// ones end after <see cref="DcutrOptions.RelayedGrace"/>. Behind NATs it needs a transport that dials from the port it listens on,
/// such as <c>TcpTransport</c> with <c>DialsFromListenPort</c>.
/// </remarks>
public sealed class Dcutr : IAsyncDisposable
{
    /// <summary>The protocol id.</summary>
    public const string Id = "/libp2p/dcutr";

    /// <summary>One attempt after another would do.</summary>
    internal static readonly ProtocolLimits Limits = new(MaxInbound: 2, MaxOutbound: 2, OnLimited: true);

    /// <summary>Time that work in the background has to end when it stops.</summary>
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(2);

    private readonly ILibp2pHost _host;
    private readonly DcutrOptions _options;
    private readonly ILogger _logger;
    private readonly DcutrInstruments _instruments;
    private readonly UpgradeBudget _budget;
    private readonly HolePuncher _puncher;
    private readonly TaskGroup _tasks;
    private readonly CancellationTokenSource _stopping = new();
    private int _isStarted;

    /// <summary>Does nothing yet.</summary>
    /// <param name="host">The host it stands on.</param>
    /// <param name="options">How it works; the defaults when null.</param>
    /// <param name="logger">Where it logs; nowhere when null.</param>
    /// <param name="meters">Makes its meter; an own one when null.</param>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public Dcutr(ILibp2pHost host, DcutrOptions? options = null, ILogger<Dcutr>? logger = null, IMeterFactory? meters = null)
    {
        ArgumentNullException.ThrowIfNull(host);
        (_host, _options) = (host, options ?? new DcutrOptions());
        if (_options.Validate() is { Count: > 0 } faults)
        {
            throw new ArgumentException(string.Join(" ", faults), nameof(options));
        }

        _logger = logger ?? NullLogger<Dcutr>.Instance;
        _tasks = new TaskGroup(_logger);
        _instruments = new DcutrInstruments(meters);
        _budget = new UpgradeBudget(_options, host.Time);
        _puncher = new HolePuncher(host, _options);
    }

    /// <summary>Answers others, and upgrades connections that come through relays from now on, if it is to. Returns at once.</summary>
    /// <exception cref="InvalidOperationException">It was started before.</exception>
    public Task StartAsync(CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (Interlocked.Exchange(ref _isStarted, 1) == 1)
        {
            throw new InvalidOperationException("Hole punching is started once.");
        }

        var events = _host.Subscribe();
        _host.SetStreamHandler(Id, ServeAsync, Limits);
        _tasks.Run(() => events.ForEachAsync(Follow, _logger.WorkFailed, _stopping.Token));
        return Task.CompletedTask;
    }

    /// <summary>
    /// A direct connection to a peer that has come through a relay: the one that is open, one to its public addresses, or one that both
    /// sides dial for at once. Does not count against the limits on upgrades.
    /// </summary>
    /// <param name="relayed">The connection through the relay, which the peer dialed.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ArgumentException">The connection goes through no relay, or this side dialed it.</exception>
    /// <exception cref="Libp2pException">Nobody got through; the connection through the relay stays.</exception>
    public async Task<PeerConnection> UpgradeAsync(PeerConnection relayed, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(relayed);
        if (!relayed.RemoteAddress.IsRelayed || relayed.Direction != Direction.Inbound)
        {
            throw new ArgumentException("Only a connection that a peer has dialed through a relay is upgraded.", nameof(relayed));
        }

        try
        {
            var (direct, outcome) = await FindWayAsync(relayed, cancellationToken).ConfigureAwait(false);
            _instruments.Upgraded(outcome);
            _logger.Upgraded(relayed.RemotePeer, outcome);
            EndRelayedLater(relayed.RemotePeer);
            return direct;
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            _instruments.Upgraded(DcutrOutcome.Failed);
            throw;
        }
    }

    /// <summary>Stops. Connections stay as they are.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_stopping.IsCancellationRequested)
        {
            return;
        }

        await _stopping.CancelAsync().ConfigureAwait(false);
        _host.RemoveStreamHandler(Id);
        await _tasks.WhenEmptyAsync(StopTimeout, _host.Time).ConfigureAwait(false);
        _instruments.Dispose();
    }

    private void Follow(PeerEvent occurred)
    {
        if (_options.Initiates && occurred is PeerEvent.Identified { IsPush: false } identified)
        {
            Consider(identified.Connection, identified.Info);
        }
    }

    private void Consider(PeerConnection connection, PeerInfo peer)
    {
        if (!connection.RemoteAddress.IsRelayed || connection.Direction != Direction.Inbound || !connection.IsUsable
            || peer.Protocols?.Contains(Id) is not true || _host.FindDirect(peer.Peer) is not null)
        {
            return;
        }

        var relay = CircuitTransport.RelayOf(connection.RemoteAddress, out _)?.Peer?.ToString() ?? "";
        if (_budget.TryBegin(peer.Peer, relay))
        {
            _tasks.Run(() => UpgradeAsync(connection, relay));
        }
        else
        {
            _instruments.Upgraded(DcutrOutcome.Limited);
        }
    }

    private async Task UpgradeAsync(PeerConnection relayed, string relay)
    {
        try
        {
            await UpgradeAsync(relayed, _stopping.Token).ConfigureAwait(false);
        }
        catch (Libp2pException e)
        {
            _logger.NotUpgraded(relayed.RemotePeer, e.Message);
        }
        catch (OperationCanceledException)
        {
            // It stops.
        }
        catch (Exception e)
        {
            // A transport is someone else's code.
            _logger.UpgradeFaulted(e, relayed.RemotePeer);
        }
        finally
        {
            _budget.End(relayed.RemotePeer, relay);
        }
    }

    private async Task<(PeerConnection Direct, DcutrOutcome Outcome)> FindWayAsync(PeerConnection relayed, CancellationToken cancellationToken)
    {
        if (await ReverseAsync(relayed.RemotePeer, cancellationToken).ConfigureAwait(false) is { } reversed)
        {
            return (reversed, DcutrOutcome.Reversed);
        }

        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return (await _puncher.AttemptAsync(relayed, cancellationToken).ConfigureAwait(false), DcutrOutcome.Punched);
            }
            catch (Libp2pException) when (attempt < _options.Attempts && relayed.IsUsable)
            {
                // Again from the beginning, so that one wrong round trip does not spoil all attempts.
            }
        }
    }

    /// <summary>A direct connection to an address that the peer tells everybody; null when there is none.</summary>
    private async Task<PeerConnection?> ReverseAsync(PeerId peer, CancellationToken cancellationToken)
    {
        var known = _host.Peers.Find(peer)?.Addresses ?? [];
        if (!known.Any(a => !a.IsRelayed && (_options.AllowsPrivateAddresses || AddressRanking.IsPublic(a))))
        {
            return _host.FindDirect(peer);
        }

        using var timeout = new CancellationTokenSource(_options.AttemptTimeout, _host.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            return await _host.ConnectAsync(peer, [], new DialOptions { ForceDirect = true }, either.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is Libp2pException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return null;
        }
    }

    /// <summary>A peer that this host has reached through a relay looks for a direct connection.</summary>
    private async Task ServeAsync(Libp2pStream stream, CancellationToken cancellationToken)
    {
        // Whoever was not reached through a relay could otherwise have this host dial as it likes.
        if (!stream.Connection.RemoteAddress.IsRelayed || stream.Connection.Direction != Direction.Outbound || !_budget.TakeAnswer(stream.RemotePeer))
        {
            _instruments.Answered("refused");
            throw new Libp2pException(Libp2pErrorCodes.ProtocolViolation, $"{stream.RemotePeer} was not reached through a relay, or asks too often.");
        }

        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stopping.Token);
        try
        {
            await _puncher.AnswerAsync(stream, either.Token).ConfigureAwait(false);
        }
        catch (Libp2pException)
        {
            _instruments.Answered("failed");
            throw;
        }

        _instruments.Answered("ok");
        EndRelayedLater(stream.RemotePeer);
    }

    /// <summary>Ends the connections to a peer that go through relays, unless the direct one has not lasted.</summary>
    private void EndRelayedLater(PeerId peer) => _tasks.Run(async () =>
    {
        try
        {
            await Task.Delay(_options.RelayedGrace, _host.Time, _stopping.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return;
        }

        if (_host.FindDirect(peer) is not null)
        {
            await Task.WhenAll(_host.ConnectionsTo(peer).Where(c => c.RemoteAddress.IsRelayed).Select(c => c.CloseAsync())).ConfigureAwait(false);
        }
    });
}
