using System.Threading.Channels;
using DChat.Libp2p.Addresses;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Swarm;
using DChat.Libp2p.Transports;

namespace DChat.Libp2p.Protocols.CircuitRelay;

/// <summary>
/// Listens through a relay: keeps a reservation there, renews it before it ends and gets a new one when the connection to
/// the relay is lost.
/// </summary>
internal sealed class CircuitListener(CircuitTransport transport, Multiaddr relay, TimeProvider time) : ITransportListener
{
    /// <summary>Circuits of one relay at once.</summary>
    internal const int MaxCircuits = 64;

    /// <summary>Circuits that wait to be accepted.</summary>
    internal const int Backlog = 16;

    /// <summary>The pause before a relay that refused or is gone is asked again, at first; it doubles.</summary>
    internal static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);

    /// <summary>The longest pause.</summary>
    internal static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);

    /// <summary>
    /// The longest and the shortest time between renewals. When a reservation ends is told by the relay's clock: when that and the
    /// own differ, the first keeps it from being missed, and the second from being asked for all the time. Three quarters of the
    /// usual hour, and less than those of the shortest that <see cref="CircuitRelayOptions"/> allows.
    /// </summary>
    internal static readonly TimeSpan LongestRenewal = TimeSpan.FromMinutes(45), ShortestRenewal = TimeSpan.FromSeconds(30);

    private readonly Channel<CircuitConnection> _waiting = Channel.CreateBounded<CircuitConnection>(Backlog);
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private Task _keeping = Task.CompletedTask;
    private CircuitStanding _standing = CircuitStanding.None;

    public Multiaddr LocalAddress { get; } = Multiaddr.Parse($"{relay}/p2p-circuit");

    internal PeerId Relay => relay.Peer!;

    /// <summary>How the reservation stands.</summary>
    internal CircuitStanding Standing { get { lock (_gate) { return _standing; } } private set { lock (_gate) { _standing = value; } } }

    internal bool HasRoom => _waiting.Reader.Count < Backlog && !_stop.IsCancellationRequested;

    /// <summary>Gets the first reservation, and keeps one from then on.</summary>
    internal async Task StartAsync(CancellationToken cancellationToken)
    {
        var (connection, reservation, limit) = await transport.ReserveAsync(relay, cancellationToken).ConfigureAwait(false);
        Standing = new CircuitStanding(reservation, limit);
        _keeping = Task.Run(() => KeepAsync(connection), CancellationToken.None);
    }

    internal void Add(CircuitConnection circuit)
    {
        if (!_waiting.Writer.TryWrite(circuit))
        {
            _ = circuit.DisposeAsync().AsTask();
        }
    }

    public async ValueTask<ITransportConnection?> AcceptAsync(CancellationToken cancellationToken = default) =>
        await _waiting.Reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false) && _waiting.Reader.TryRead(out var circuit) ? circuit : null;

    public async ValueTask DisposeAsync()
    {
        transport.Remove(this);
        await _stop.CancelAsync().ConfigureAwait(false);
        _waiting.Writer.TryComplete();
        while (_waiting.Reader.TryRead(out var circuit))
        {
            await circuit.DisposeAsync().ConfigureAwait(false);
        }

        await _keeping.ConfigureAwait(false);
        _stop.Dispose();
    }

    /// <summary>When to renew: after three quarters of the time that is left.</summary>
    internal static TimeSpan RenewAfter(DateTimeOffset expires, DateTimeOffset now)
    {
        var left = (expires - now) * 0.75;
        return left < ShortestRenewal ? ShortestRenewal : left > LongestRenewal ? LongestRenewal : left;
    }

    private async Task KeepAsync(PeerConnection connection)
    {
        var pause = FirstPause;
        try
        {
            while (true)
            {
                await WaitAsync(connection, RenewAfter(Standing.Reservation!.Expires, time.GetUtcNow())).ConfigureAwait(false);
                while (!_stop.IsCancellationRequested)
                {
                    try
                    {
                        NoteLoss(connection, fault: null);
                        (connection, var reservation, var limit) = await transport.ReserveAsync(relay, _stop.Token).ConfigureAwait(false);
                        Standing = new CircuitStanding(reservation, limit);
                        pause = FirstPause;
                        break;
                    }
                    catch (Exception e) when (e is not ObjectDisposedException && !_stop.IsCancellationRequested)
                    {
                        NoteLoss(connection, e.Message);
                        await Task.Delay(pause, time, _stop.Token).ConfigureAwait(false);
                        pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
                    }
                }

                _stop.Token.ThrowIfCancellationRequested();
            }
        }
        catch (Exception e) when (e is ObjectDisposedException || _stop.IsCancellationRequested)
        {
            // No longer listened on.
        }
    }

    /// <summary>Waits, or until the connection is lost; no timer outlives that.</summary>
    private async Task WaitAsync(PeerConnection connection, TimeSpan pause)
    {
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        await Task.WhenAny(connection.Closed, Task.Delay(pause, time, enough.Token)).ConfigureAwait(false);
        await enough.CancelAsync().ConfigureAwait(false);
    }

    /// <summary>The reservation is lost when the connection that it was made on is, or when its time is over.</summary>
    private void NoteLoss(PeerConnection connection, string? fault)
    {
        var standing = Standing;
        var isLost = connection.Closed.IsCompleted || standing.Reservation!.Expires <= time.GetUtcNow();
        Standing = standing with { LostAt = standing.LostAt ?? (isLost ? SteadyClock.Of(time).UtcNow : null), Fault = fault ?? standing.Fault };
    }
}
