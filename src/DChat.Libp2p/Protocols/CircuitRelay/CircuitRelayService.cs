using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using DChat.Libp2p.Addresses;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Streams;
using DChat.Libp2p.Wire;

namespace DChat.Libp2p.Protocols.CircuitRelay;

/// <summary>
/// Leads connections to peers that cannot be reached otherwise: the relay of circuit relay v2 (relay/circuit-v2.md, "Hop
/// protocol"). A peer reserves a place; others then connect to it through this host, within limits.
/// </summary>
public sealed class CircuitRelayService : IDisposable
{
    /// <summary>What peers ask of a relay.</summary>
    public const string HopId = "/libp2p/circuit/relay/0.2.0/hop";

    /// <summary>What a relay asks of a peer that has a reservation.</summary>
    public const string StopId = "/libp2p/circuit/relay/0.2.0/stop";

    private readonly ILibp2pHost _host;
    private readonly CircuitRelayOptions _options;
    private readonly ReservationTable _table;
    private readonly CircuitCounters _counters = new();
    private readonly CircuitRelayInstruments _instruments;
    private readonly SteadyClock _clock;

    /// <summary>Serves from now on, if it is to.</summary>
    /// <param name="host">The host.</param>
    /// <param name="options">Limits; the defaults when null.</param>
    /// <param name="meters">Makes its meter; an own one when null.</param>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public CircuitRelayService(ILibp2pHost host, CircuitRelayOptions? options = null, IMeterFactory? meters = null)
    {
        ArgumentNullException.ThrowIfNull(host);
        _host = host;
        _options = options ?? new CircuitRelayOptions();
        if (_options.Validate() is { Count: > 0 } faults)
        {
            throw new ArgumentException(string.Join(" ", faults), nameof(options));
        }

        _clock = SteadyClock.Of(host.Time);
        _table = new ReservationTable(_options, peer => host.FindDirect(peer) is not null);
        _instruments = new CircuitRelayInstruments(meters, _counters, () => ReservationCount, () => CircuitCount);
        SetServing(_options.Serves);
    }

    /// <summary>Whether peers are served.</summary>
    public bool IsServing { get; private set; }

    /// <summary>Circuits open now.</summary>
    public int CircuitCount => _table.Circuits;

    /// <summary>Peers that have a reservation, or had one that has not been looked at since it ended.</summary>
    public int ReservationCount => _table.Count;

    /// <summary>Reservations that hold now, the one that ends first before the others.</summary>
    public IReadOnlyList<HeldReservation> Reservations => _table.Describe(Now);

    /// <summary>Bytes that circuits have carried so far, both directions together.</summary>
    public long CarriedBytes => _counters.Bytes;

    /// <summary>The limits.</summary>
    public CircuitRelayOptions Options => _options;

    /// <summary>Requests for a reservation so far, by what became of them; those that never came are left out.</summary>
    public IReadOnlyDictionary<CircuitStatus, long> ReservationRequests => _counters.Of(CircuitRequest.Reserve);

    /// <summary>Requests for a circuit so far, by what became of them; those that never came are left out.</summary>
    public IReadOnlyDictionary<CircuitStatus, long> CircuitRequests => _counters.Of(CircuitRequest.Connect);

    /// <summary>Serves from now on, or no longer: then nobody gets a place or a circuit, and circuits that are open go on.</summary>
    public void SetServing(bool serves)
    {
        IsServing = serves;
        if (serves)
        {
            _host.SetStreamHandler(HopId, ServeAsync, new ProtocolLimits(MaxInbound: _options.MaxCircuitsPerPeer + 4, MaxOutbound: 1, OnLimited: true));
        }
        else
        {
            _host.RemoveStreamHandler(HopId);
        }
    }

    /// <summary>Serves no more; circuits that are open go on.</summary>
    public void Dispose()
    {
        SetServing(false);
        _instruments.Dispose();
    }

    /// <summary>The time for the table, which does not jump when the wall clock is set.</summary>
    private DateTimeOffset Now => _clock.UtcNow;

    private async Task ServeAsync(Libp2pStream stream, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(_options.RequestTimeout, _host.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        var bytes = await LengthPrefixed.ReadAsync(stream.Input, CircuitMessage.MaxLength, either.Token).ConfigureAwait(false);
        if (!CircuitMessage.TryDecodeHop(bytes, out var request))
        {
            await AnswerAsync(stream, CircuitRequest.Other, CircuitStatus.MalformedMessage, either.Token).ConfigureAwait(false);
        }
        else if (request.Type == CircuitMessage.HopReserve)
        {
            await ReserveAsync(stream, either.Token).ConfigureAwait(false);
        }
        else if (request.Type == CircuitMessage.HopConnect)
        {
            await ConnectAsync(stream, request.Peer, either.Token, cancellationToken).ConfigureAwait(false);
        }
        else
        {
            await AnswerAsync(stream, CircuitRequest.Other, CircuitStatus.UnexpectedMessage, either.Token).ConfigureAwait(false);
        }
    }

    private async Task ReserveAsync(Libp2pStream stream, CancellationToken cancellationToken)
    {
        var (peer, address) = (stream.RemotePeer, stream.Connection.RemoteAddress);

        // Through another relay nobody could be led to it: relays do not chain.
        var status = address.IsRelayed || !_options.AllowReservation(peer, address) ? CircuitStatus.PermissionDenied
            : !_table.TryReserve(peer, AddressNetworks.NarrowestOf(address), Now, out _) ? CircuitStatus.ReservationRefused
            : CircuitStatus.Ok;
        if (status != CircuitStatus.Ok)
        {
            await AnswerAsync(stream, CircuitRequest.Reserve, status, cancellationToken).ConfigureAwait(false);
            return;
        }

        var expires = _host.Time.GetUtcNow() + _options.ReservationTtl;
        var voucher = new ReservationVoucher(_host.LocalPeer, peer, expires).Sign(_host.PublicKey, _host.Sign);
        IReadOnlyList<Multiaddr> addresses = [.. _host.Addresses.ToldTo(AddressClasses.OfTeller(address)).Where(a => !a.IsRelayed).Take(CircuitMessage.MaxAddresses).Select(a => a.WithPeer(_host.LocalPeer))];
        var answer = new CircuitMessage
        {
            Type = CircuitMessage.HopStatus,
            Status = CircuitStatus.Ok,
            Reservation = new CircuitReservation(expires, addresses, voucher),
            Limit = _options.Limit,
        };
        _counters.Count(CircuitRequest.Reserve, CircuitStatus.Ok);
        await LengthPrefixed.SendAsync(stream.Output, answer.EncodeHop(), cancellationToken).ConfigureAwait(false);
    }

    private async Task ConnectAsync(Libp2pStream stream, PeerId? target, CancellationToken patience, CancellationToken stopping)
    {
        var source = stream.RemotePeer;
        var status = target is null ? CircuitStatus.MalformedMessage
            : stream.Connection.RemoteAddress.IsRelayed || target.Equals(source) || target.Equals(_host.LocalPeer) || !_options.AllowCircuit(source, target)
                ? CircuitStatus.PermissionDenied
            : _table.TryOpen(source, target, Now);
        if (status != CircuitStatus.Ok)
        {
            await AnswerAsync(stream, CircuitRequest.Connect, status, patience).ConfigureAwait(false);
            return;
        }

        try
        {
            if (await OpenStopAsync(source, target!, patience).ConfigureAwait(false) is not { } onward)
            {
                await AnswerAsync(stream, CircuitRequest.Connect, CircuitStatus.ConnectionFailed, stopping).ConfigureAwait(false);
                return;
            }

            await using (onward.ConfigureAwait(false))
            {
                // Its time begins before either end can use it.
                using var over = _options.CircuitDuration == TimeSpan.Zero ? new CancellationTokenSource() : new CancellationTokenSource(_options.CircuitDuration, _host.Time);
                using var either = CancellationTokenSource.CreateLinkedTokenSource(over.Token, stopping);
                var answer = new CircuitMessage { Type = CircuitMessage.HopStatus, Status = CircuitStatus.Ok, Limit = _options.Limit };
                _counters.Count(CircuitRequest.Connect, CircuitStatus.Ok);
                await LengthPrefixed.SendAsync(stream.Output, answer.EncodeHop(), patience).ConfigureAwait(false);
                var carried = _table.CarriedFor(target!);
                await CircuitPump.RunAsync(stream, onward, _options.CircuitBytes, n => Carried(carried, n), either.Token).ConfigureAwait(false);
            }
        }
        finally
        {
            _table.Close(source, target!);
        }
    }

    /// <summary>A stream to the target that has agreed to the circuit; null when it cannot be reached or does not agree.</summary>
    private async Task<Libp2pStream?> OpenStopAsync(PeerId source, PeerId target, CancellationToken cancellationToken)
    {
        if (_host.FindDirect(target) is not { } connection)
        {
            return null;
        }

        Libp2pStream? stream = null;
        try
        {
            stream = await _host.NewStreamAsync(connection, [StopId], cancellationToken).ConfigureAwait(false);
            var request = new CircuitMessage { Type = CircuitMessage.StopConnect, Peer = source, Limit = _options.Limit };
            await LengthPrefixed.SendAsync(stream.Output, request.EncodeStop(), cancellationToken).ConfigureAwait(false);
            var bytes = await LengthPrefixed.ReadAsync(stream.Input, CircuitMessage.MaxLength, cancellationToken).ConfigureAwait(false);
            if (CircuitMessage.TryDecodeStop(bytes, out var answer) && answer is { Type: CircuitMessage.StopStatus, Status: CircuitStatus.Ok })
            {
                return stream;
            }
        }
        catch (Exception e) when (e is Libp2pException or OperationCanceledException)
        {
            // It left, or does not answer.
        }

        stream?.Reset();
        return null;
    }

    private void Carried(StrongBox<long> forTarget, int bytes)
    {
        _counters.Carried(bytes);
        Interlocked.Add(ref forTarget.Value, bytes);
    }

    private Task AnswerAsync(Libp2pStream stream, CircuitRequest request, CircuitStatus status, CancellationToken cancellationToken)
    {
        _counters.Count(request, status);
        return LengthPrefixed.SendAsync(stream.Output, new CircuitMessage { Type = CircuitMessage.HopStatus, Status = status }.EncodeHop(), cancellationToken);
    }
}
