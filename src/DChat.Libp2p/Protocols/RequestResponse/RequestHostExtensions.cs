using DChat.Libp2p.Identity;
using DChat.Libp2p.Streams;
using DChat.Libp2p.Swarm;
using DChat.Libp2p.Wire;

namespace DChat.Libp2p.Protocols.RequestResponse;

/// <summary>Asks and answers by a <see cref="RequestProtocol{TRequest, TResponse}"/>.</summary>
public static class RequestHostExtensions
{
    /// <summary>Answers requests of a protocol from now on, in place of the handler it had. Connected peers are told.</summary>
    /// <param name="host">The host.</param>
    /// <param name="protocol">The protocol.</param>
    /// <param name="handler">Called for every request.</param>
    public static void SetRequestHandler<TRequest, TResponse>(
        this ILibp2pHost host, RequestProtocol<TRequest, TResponse> protocol, RequestHandler<TRequest, TResponse> handler)
    {
        ArgumentNullException.ThrowIfNull(host);
        ArgumentNullException.ThrowIfNull(protocol);
        ArgumentNullException.ThrowIfNull(handler);
        host.SetStreamHandler(protocol.Id, new RequestServer<TRequest, TResponse>(protocol, handler, host.Time).ServeAsync, protocol.Limits);
    }

    /// <summary>As the overload that takes a function.</summary>
    /// <param name="host">The host.</param>
    /// <param name="protocol">The protocol.</param>
    /// <param name="handler">Asked for every request.</param>
    public static void SetRequestHandler<TRequest, TResponse>(
        this ILibp2pHost host, RequestProtocol<TRequest, TResponse> protocol, IRequestHandler<TRequest, TResponse> handler)
    {
        ArgumentNullException.ThrowIfNull(handler);
        host.SetRequestHandler(protocol, handler.HandleAsync);
    }

    /// <summary>
    /// Asks a peer, connecting to it first if need be. Returns when the peer has ended the stream too, so that requests in a row never
    /// add up; a peer that does not is waited for no longer than 1 s.
    /// </summary>
    /// <param name="host">The host.</param>
    /// <param name="peer">The peer.</param>
    /// <param name="protocol">The protocol.</param>
    /// <param name="request">What is asked.</param>
    /// <param name="cancellationToken">Gives up; the stream is reset, which tells the peer.</param>
    /// <returns>What the peer answers.</returns>
    /// <exception cref="Libp2pException">
    /// The peer cannot be reached or does not speak the protocol (<see cref="Libp2pErrorCodes.NotSupported"/>); it has ended the stream
    /// without a response (<see cref="Libp2pErrorCodes.RequestFailed"/>), or with one that is too long
    /// (<see cref="Libp2pErrorCodes.LimitReached"/>) or cannot be read (<see cref="Libp2pErrorCodes.Malformed"/>); the timeout has
    /// passed (<see cref="Libp2pErrorCodes.TimedOut"/>); too many requests are under way (<see cref="Libp2pErrorCodes.LimitReached"/>,
    /// transient); or the request is too long (<see cref="Libp2pErrorCodes.LimitReached"/>), in which case nothing is sent.
    /// </exception>
    public static Task<TResponse> RequestAsync<TRequest, TResponse>(
        this ILibp2pHost host, PeerId peer, RequestProtocol<TRequest, TResponse> protocol, TRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(host);
        ArgumentNullException.ThrowIfNull(peer);
        ArgumentNullException.ThrowIfNull(protocol);
        return RequestAsync(host, peer, token => host.NewStreamAsync(peer, [protocol.Id], token), protocol, request, cancellationToken);
    }

    /// <summary>As the overload that takes a peer, on an open connection.</summary>
    /// <param name="host">The host.</param>
    /// <param name="connection">The connection.</param>
    /// <param name="protocol">The protocol.</param>
    /// <param name="request">What is asked.</param>
    /// <param name="cancellationToken">Gives up; the stream is reset, which tells the peer.</param>
    /// <returns>What the peer answers.</returns>
    /// <exception cref="Libp2pException">As the overload that takes a peer says.</exception>
    public static Task<TResponse> RequestAsync<TRequest, TResponse>(
        this ILibp2pHost host, PeerConnection connection, RequestProtocol<TRequest, TResponse> protocol, TRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(host);
        ArgumentNullException.ThrowIfNull(connection);
        ArgumentNullException.ThrowIfNull(protocol);
        return RequestAsync(host, connection.RemotePeer, token => host.NewStreamAsync(connection, [protocol.Id], token), protocol, request, cancellationToken);
    }

    private static async Task<TResponse> RequestAsync<TRequest, TResponse>(
        ILibp2pHost host,
        PeerId peer,
        Func<CancellationToken, Task<Libp2pStream>> openAsync,
        RequestProtocol<TRequest, TResponse> protocol,
        TRequest request,
        CancellationToken cancellationToken)
    {
        var payload = RequestFrames.Encode(protocol.Requests, request, protocol.MaxRequestBytes)
            ?? throw new Libp2pException(Libp2pErrorCodes.LimitReached, $"A request of {protocol.Id} is over the limit of {protocol.MaxRequestBytes} bytes.");
        using var timeout = new CancellationTokenSource(protocol.Timeout, host.Time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        Libp2pStream? stream = null;
        try
        {
            stream = await openAsync(both.Token).ConfigureAwait(false);
            await RequestFrames.SendAsync(stream, payload, both.Token).ConfigureAwait(false);
            var answer = await LengthPrefixed.ReadAsync(stream.Input, protocol.MaxResponseBytes, both.Token).ConfigureAwait(false)
                ?? throw new Libp2pException(Libp2pErrorCodes.RequestFailed, $"{peer} ended a request of {protocol.Id} without a response.", isTransient: true);
            var response = RequestFrames.Decode(protocol.Responses, answer);
            await EndAsync(stream, host.Time, both.Token).ConfigureAwait(false);
            return response;
        }
        catch (Exception e)
        {
            stream?.Reset();
            if (e is OperationCanceledException && !cancellationToken.IsCancellationRequested)
            {
                throw new Libp2pException(Libp2pErrorCodes.TimedOut, $"{peer} did not answer a request of {protocol.Id} within {protocol.Timeout}.", isTransient: true, e);
            }

            if (stream is not null && e is Libp2pException { Code: Libp2pErrorCodes.StreamReset })
            {
                throw new Libp2pException(Libp2pErrorCodes.RequestFailed, $"{peer} reset the stream of a request of {protocol.Id}.", isTransient: true, e);
            }

            throw;
        }
    }

    /// <summary>Ends the stream together with the peer. The response is there, so nothing that goes wrong matters any more.</summary>
    private static async Task EndAsync(Libp2pStream stream, TimeProvider time, CancellationToken cancellationToken)
    {
        await stream.DisposeAsync().ConfigureAwait(false);
        try
        {
            await stream.Completion.WaitAsync(RequestLimits.EndTimeout, time, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            // The multiplexer ends it in its own time.
        }
    }
}
