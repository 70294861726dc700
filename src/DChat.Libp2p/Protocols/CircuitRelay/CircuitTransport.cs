using System.Collections.Concurrent;
using DChat.Libp2p.Addresses;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Streams;
using DChat.Libp2p.Swarm;
using DChat.Libp2p.Transports;
using DChat.Libp2p.Wire;

namespace DChat.Libp2p.Protocols.CircuitRelay;

/// <summary>
/// Connections through relays (circuit relay v2, relay/circuit-v2.md): dials <c>/…/p2p/RELAY/p2p-circuit/p2p/PEER</c>, and
/// listens on <c>/…/p2p/RELAY/p2p-circuit</c> by reserving a place at the relay.
/// </summary>
internal sealed class CircuitTransport : ITransport
{
    /// <summary>Time a relay has to answer.</summary>
    internal static readonly TimeSpan Timeout = TimeSpan.FromSeconds(30);

    private static readonly ProtocolLimits StopLimits = new(MaxInbound: CircuitListener.MaxCircuits, MaxOutbound: ProtocolLimits.Default.MaxOutbound);

    private readonly ConcurrentDictionary<PeerId, CircuitListener> _listeners = new();
    private readonly ILibp2pHost _host;

    /// <summary>A transport that opens its streams on <paramref name="host"/>.</summary>
    internal CircuitTransport(ILibp2pHost host) => _host = host;

    public bool Matches(Multiaddr address) => RelayOf(address, out _) is not null;

    public async ValueTask<ITransportConnection> DialAsync(Multiaddr address, CancellationToken cancellationToken = default)
    {
        if (RelayOf(address, out var target) is not { } relay || target is null)
        {
            throw new Libp2pException(Libp2pErrorCodes.DialFailed, $"{address} does not name a peer behind a relay.");
        }

        var connection = await ConnectAsync(relay, Libp2pErrorCodes.DialFailed, cancellationToken).ConfigureAwait(false);
        var stream = await _host.NewStreamAsync(connection, [CircuitRelayService.HopId], cancellationToken).ConfigureAwait(false);
        try
        {
            var request = new CircuitMessage { Type = CircuitMessage.HopConnect, Peer = target };
            var answer = await ExchangeAsync(stream, request, cancellationToken).ConfigureAwait(false);
            return answer.Status == CircuitStatus.Ok
                ? new CircuitConnection(stream, Circuit(connection.LocalAddress, relay.Peer!), Circuit(connection.RemoteAddress, relay.Peer!), answer.Limit)
                : throw new Libp2pException(Libp2pErrorCodes.DialFailed, $"The relay {relay.Peer} does not lead to {target}: {answer.Status}.", IsTransient(answer.Status));
        }
        catch
        {
            stream.Reset();
            throw;
        }
    }

    public async ValueTask<ITransportListener> ListenAsync(Multiaddr address, CancellationToken cancellationToken = default)
    {
        if (RelayOf(address, out var target) is not { } relay || target is not null)
        {
            throw new Libp2pException(Libp2pErrorCodes.ListenFailed, $"{address} does not name a relay to listen through.");
        }

        var listener = new CircuitListener(this, relay, _host.Time);
        if (!_listeners.TryAdd(relay.Peer!, listener))
        {
            throw new Libp2pException(Libp2pErrorCodes.ListenFailed, $"{relay.Peer} is listened through already.");
        }

        _host.SetStreamHandler(CircuitRelayService.StopId, ServeAsync, StopLimits);
        try
        {
            await listener.StartAsync(cancellationToken).ConfigureAwait(false);
            return listener;
        }
        catch
        {
            await listener.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>The relay of an address, and the peer behind it if it names one; null when it is no address through one relay.</summary>
    internal static Multiaddr? RelayOf(Multiaddr address, out PeerId? target)
    {
        ArgumentNullException.ThrowIfNull(address);
        target = address.Peer;
        var text = address.WithoutPeer().ToString();
        const string End = "/p2p-circuit";
        return text.EndsWith(End, StringComparison.Ordinal)
            && Multiaddr.TryParse(text[..^End.Length], out var relay)
            && relay is { Peer: not null, IsRelayed: false, Components.Count: > 1 }
            ? relay
            : null;
    }

    /// <summary>Asks a relay for a place, or to keep the one it gave.</summary>
    internal async Task<(PeerConnection Connection, CircuitReservation Reservation, CircuitLimit Limit)> ReserveAsync(Multiaddr relay, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(Timeout, _host.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            var connection = await ConnectAsync(relay, Libp2pErrorCodes.ListenFailed, either.Token).ConfigureAwait(false);
            await using var stream = await _host.NewStreamAsync(connection, [CircuitRelayService.HopId], either.Token).ConfigureAwait(false);
            var answer = await ExchangeAsync(stream, new CircuitMessage { Type = CircuitMessage.HopReserve }, either.Token).ConfigureAwait(false);
            return answer is { Status: CircuitStatus.Ok, Reservation: { } reservation }
                ? (connection, reservation, answer.Limit)
                : throw new Libp2pException(Libp2pErrorCodes.ListenFailed, $"The relay {relay.Peer} gives no reservation: {answer.Status}.", IsTransient(answer.Status));
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new Libp2pException(Libp2pErrorCodes.TimedOut, $"The relay {relay.Peer} did not answer within {Timeout}.", isTransient: true, e);
        }
    }

    /// <summary>A relay that is no longer listened through leads nobody here.</summary>
    internal void Remove(CircuitListener listener) => _listeners.TryRemove(new(listener.Relay, listener));

    /// <summary>An end of a connection to a relay as an address through it.</summary>
    internal static Multiaddr Circuit(Multiaddr address, PeerId relay) => Multiaddr.Parse($"{address.WithPeer(relay)}/p2p-circuit");

    private async Task<PeerConnection> ConnectAsync(Multiaddr relay, string code, CancellationToken cancellationToken)
    {
        var connection = await _host.ConnectAsync(relay, cancellationToken).ConfigureAwait(false);
        return connection.RemoteAddress.IsRelayed
            ? throw new Libp2pException(code, $"The relay {relay.Peer} is itself reached through a relay.", isTransient: true)
            : connection;
    }

    private static async Task<CircuitMessage> ExchangeAsync(Libp2pStream stream, CircuitMessage request, CancellationToken cancellationToken)
    {
        await LengthPrefixed.SendAsync(stream.Output, request.EncodeHop(), cancellationToken).ConfigureAwait(false);
        var bytes = await LengthPrefixed.ReadAsync(stream.Input, CircuitMessage.MaxLength, cancellationToken).ConfigureAwait(false);
        return bytes is not null && CircuitMessage.TryDecodeHop(bytes, out var answer) && answer.Type == CircuitMessage.HopStatus
            ? answer
            : throw new Libp2pException(Libp2pErrorCodes.Malformed, $"The answer of the relay {stream.RemotePeer} is malformed.");
    }

    private static bool IsTransient(CircuitStatus status) =>
        status is CircuitStatus.ReservationRefused or CircuitStatus.ResourceLimitExceeded or CircuitStatus.ConnectionFailed or CircuitStatus.NoReservation;

    /// <summary>A relay brings a circuit (relay/circuit-v2.md, "Stop protocol"). The stream lives as long as the connection made of it.</summary>
    private async Task ServeAsync(Libp2pStream stream, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(Timeout, _host.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        var bytes = await LengthPrefixed.ReadAsync(stream.Input, CircuitMessage.MaxLength, either.Token).ConfigureAwait(false);
        CircuitListener? listener = null;
        var status = !CircuitMessage.TryDecodeStop(bytes, out var request) || (request.Type == CircuitMessage.StopConnect && request.Peer is null)
                ? CircuitStatus.MalformedMessage
            : request.Type != CircuitMessage.StopConnect ? CircuitStatus.UnexpectedMessage
            : stream.Connection.RemoteAddress.IsRelayed || !_listeners.TryGetValue(stream.RemotePeer, out listener) ? CircuitStatus.PermissionDenied
            : listener.HasRoom ? CircuitStatus.Ok
            : CircuitStatus.ResourceLimitExceeded;
        await LengthPrefixed.SendAsync(stream.Output, new CircuitMessage { Type = CircuitMessage.StopStatus, Status = status }.EncodeStop(), either.Token).ConfigureAwait(false);
        if (status == CircuitStatus.Ok)
        {
            var circuit = Accept(stream, request!.Limit);
            listener!.Add(circuit);
            await circuit.Ended.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private static CircuitConnection Accept(Libp2pStream stream, CircuitLimit limit)
    {
        var relay = stream.RemotePeer;
        return new CircuitConnection(stream, Circuit(stream.Connection.LocalAddress, relay), Circuit(stream.Connection.RemoteAddress, relay), limit);
    }
}
