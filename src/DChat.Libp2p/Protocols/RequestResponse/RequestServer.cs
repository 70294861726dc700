using DChat.Libp2p.Streams;
using DChat.Libp2p.Wire;

namespace DChat.Libp2p.Protocols.RequestResponse;

/// <summary>Serves the streams of a protocol: reads a request, has it answered and sends the response.</summary>
internal sealed class RequestServer<TRequest, TResponse>(
    RequestProtocol<TRequest, TResponse> protocol, RequestHandler<TRequest, TResponse> handler, TimeProvider time)
{
    /// <summary>A <see cref="StreamHandler"/>. What it throws resets the stream; a fault of this side's is logged by the host.</summary>
    internal async Task ServeAsync(Libp2pStream stream, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(protocol.Timeout, time);
        using var given = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        _ = CancelAtEndAsync(stream.Completion, given);
        try
        {
            // A peer that ends its half without a request has not asked.
            if (await LengthPrefixed.ReadAsync(stream.Input, protocol.MaxRequestBytes, given.Token).ConfigureAwait(false) is { } payload)
            {
                await AnswerAsync(stream, payload, given.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException e) when (timeout.IsCancellationRequested)
        {
            throw new Libp2pException(Libp2pErrorCodes.TimedOut, $"A request of {protocol.Id} was not answered within {protocol.Timeout}.", isTransient: true, e);
        }
    }

    private async Task AnswerAsync(Libp2pStream stream, byte[] payload, CancellationToken cancellationToken)
    {
        var request = RequestFrames.Decode(protocol.Requests, payload);
        var context = new RequestContext(stream.RemotePeer, stream.Connection.RemoteAddress);
        var response = await handler(request, context, cancellationToken).ConfigureAwait(false);
        var answer = RequestFrames.Encode(protocol.Responses, response, protocol.MaxResponseBytes)
            ?? throw new InvalidOperationException($"A response of {protocol.Id} is over the limit of {protocol.MaxResponseBytes} bytes.");
        await RequestFrames.SendAsync(stream, answer, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Fires the handler's token when the stream ends before the response: the peer has given up, or is gone.</summary>
    private static async Task CancelAtEndAsync(Task ended, CancellationTokenSource given)
    {
        await ended.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            await given.CancelAsync().ConfigureAwait(false);
        }
        catch (ObjectDisposedException)
        {
            // It was answered.
        }
    }
}
