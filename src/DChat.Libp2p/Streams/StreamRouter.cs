using System.Collections.Concurrent;
using DChat.Libp2p.Negotiation;
using DChat.Libp2p.Swarm;
using DChat.Libp2p.Transports;
using Microsoft.Extensions.Logging;

namespace DChat.Libp2p.Streams;

/// <summary>Leads streams that peers open to the handler of the protocol they ask for.</summary>
internal sealed class StreamRouter(ConnectionLimits limits, TimeProvider time, Libp2pInstruments instruments, ILogger logger)
{
    private readonly ConcurrentDictionary<string, Route> _routes = new(StringComparer.Ordinal);
    private readonly Timeouts _timeouts = new(time);

    /// <summary>The protocols served, in the order of their names.</summary>
    internal IReadOnlyList<string> Protocols => [.. _routes.Keys.Order(StringComparer.Ordinal)];

    internal void Set(string protocol, StreamHandler handler, ProtocolLimits protocolLimits) => _routes[protocol] = new Route(handler, protocolLimits);

    internal bool Remove(string protocol) => _routes.TryRemove(protocol, out _);

    internal ProtocolLimits LimitsOf(string protocol) => _routes.TryGetValue(protocol, out var route) ? route.Limits : ProtocolLimits.Default;

    /// <summary>Serves the streams of a connection until it ends.</summary>
    internal async Task RunAsync(PeerConnection connection, TaskGroup tasks, CancellationToken stopping)
    {
        while (await connection.Muxed.AcceptStreamAsync(CancellationToken.None).ConfigureAwait(false) is { } stream)
        {
            tasks.Run(() => ServeCountedAsync(connection, stream, stopping));
        }
    }

    /// <summary>A stream takes up its place until its handler is done with it: opening and abandoning is not free.</summary>
    private async Task ServeCountedAsync(PeerConnection connection, IMuxedStream stream, CancellationToken stopping)
    {
        if (!stream.TryHoldPlace())
        {
            // It has ended already.
            return;
        }

        try
        {
            await ServeAsync(connection, stream, stopping).ConfigureAwait(false);
        }
        finally
        {
            stream.ReleasePlace();
        }
    }

    private async Task ServeAsync(PeerConnection connection, IMuxedStream stream, CancellationToken stopping)
    {
        var (protocol, route) = await NegotiateAsync(connection, stream).ConfigureAwait(false);
        if (protocol is null || route is null)
        {
            stream.Reset();
            return;
        }

        if (connection.IsLimited && !route.Limits.OnLimited)
        {
            stream.Reset();
            return;
        }

        if (connection.Scope.AddProtocolStream(protocol, Direction.Inbound, route.Limits.MaxInbound) is { } limit)
        {
            instruments.StreamRefused(protocol);
            logger.StreamRefused(connection.RemotePeer, protocol, limit);
            stream.Reset(new Libp2pException(Libp2pErrorCodes.LimitReached, $"No further stream of {protocol} is taken: {limit} is reached.", isTransient: true));
            return;
        }

        instruments.StreamOpened(protocol, Direction.Inbound);
        try
        {
            await HandleAsync(new Libp2pStream(stream, connection, protocol, stream.Input), stream, route.Handler, stopping).ConfigureAwait(false);
        }
        finally
        {
            connection.Scope.RemoveProtocolStream(protocol, Direction.Inbound);
            instruments.StreamClosed(protocol, Direction.Inbound);
        }
    }

    private async Task HandleAsync(Libp2pStream accepted, IMuxedStream stream, StreamHandler handler, CancellationToken stopping)
    {
        using var activity = Libp2pInstruments.Activities.StartActivity("dchat.libp2p.stream");
        activity?.SetTag("dchat.libp2p.protocol", accepted.Protocol);
        try
        {
            await handler(accepted, stopping).ConfigureAwait(false);
            await accepted.DisposeAsync().ConfigureAwait(false);

            // The stream counts until the peer is done too, or opening and abandoning would be free.
            await stream.Completion.ConfigureAwait(false);
        }
        catch (Exception e)
        {
            // A handler is someone else's code: whatever it throws costs its stream, nothing else.
            stream.Reset();
            if (e is not (Libp2pException or OperationCanceledException))
            {
                // Not its message, which may name the peer.
                activity?.SetStatus(System.Diagnostics.ActivityStatusCode.Error, e.GetType().Name);
                logger.HandlerFailed(e, accepted.RemotePeer, accepted.Protocol);
            }
        }
    }

    private async Task<(string? Protocol, Route? Route)> NegotiateAsync(PeerConnection connection, IMuxedStream stream)
    {
        using var timeout = _timeouts.Start(limits.NegotiationTimeout, CancellationToken.None);
        try
        {
            Route? route = null;
            var protocol = await MultistreamSelect.ListenAsync(
                stream, p => _routes.TryGetValue(p, out route), () => Protocols, timeout.Token).ConfigureAwait(false);
            if (protocol is null)
            {
                // A reset could overtake the refusal that the dialer has yet to read.
                await stream.FinishWritingAsync().ConfigureAwait(false);
            }

            return (protocol, route);
        }
        catch (Exception e) when (e is Libp2pException or OperationCanceledException)
        {
            logger.NegotiationFailed(connection.RemotePeer, e.Message);
            return default;
        }
    }

    private sealed record Route(StreamHandler Handler, ProtocolLimits Limits);
}
