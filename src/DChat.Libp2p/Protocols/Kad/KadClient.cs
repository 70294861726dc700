using DChat.Libp2p.Identity;
using DChat.Libp2p.Protocols.Kad.Wire;
using DChat.Libp2p.Streams;
using DChat.Libp2p.Wire;
using Microsoft.Extensions.Logging;

namespace DChat.Libp2p.Protocols.Kad;

/// <summary>Asks peers, a stream for each request, as go and js do.</summary>
internal sealed class KadClient(ILibp2pHost host, KademliaOptions options, KadCounters counters, ILogger logger)
{
    private readonly string[] _protocols = [options.Protocol];

    /// <summary>Sends a request and returns the answer, and where the peer that gave it is connected; null when it gives none in time.</summary>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    internal Task<KadAnswer?> AskAsync(PeerId peer, KadMessage request, CancellationToken cancellationToken) =>
        TryAsync(peer, request, ReadAsync, cancellationToken);

    /// <summary>Sends what is not answered; false when it could not be sent in time.</summary>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    internal async Task<bool> TellAsync(PeerId peer, KadMessage message, CancellationToken cancellationToken) =>
        await TryAsync(peer, message, EndAsync, cancellationToken).ConfigureAwait(false) is not null;

    private async Task<KadAnswer?> TryAsync(
        PeerId peer, KadMessage request, Func<Libp2pStream, KadMessage, CancellationToken, Task<KadAnswer>> finish, CancellationToken cancellationToken)
    {
        counters.CountSent(request.Type);
        using var timeout = new CancellationTokenSource(options.RequestTimeout, host.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        Libp2pStream? stream = null;
        try
        {
            stream = await host.NewStreamAsync(peer, _protocols, either.Token).ConfigureAwait(false);
            KadMessageWriter.Write(stream.Output, request);
            await stream.Output.FlushAsync(either.Token).ConfigureAwait(false);
            var answer = await finish(stream, request, either.Token).ConfigureAwait(false);

            // js resets a stream that has ended on both sides; the answer is here, so that means nothing.
            await stream.DisposeAsync().ConfigureAwait(false);
            return answer;
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested && e is Libp2pException or OperationCanceledException or ObjectDisposedException)
        {
            stream?.Reset();
            counters.CountUnanswered(request.Type);
            logger.NoAnswer(peer, e.Message);
            return null;
        }
        catch
        {
            stream?.Reset();
            throw;
        }
    }

    private static async Task<KadAnswer> ReadAsync(Libp2pStream stream, KadMessage request, CancellationToken cancellationToken)
    {
        var bytes = await LengthPrefixed.ReadAsync(stream.Input, KadMessage.MaxReceived, cancellationToken).ConfigureAwait(false);
        return bytes is not null && KadMessageReader.TryRead(bytes, out var answer) && answer.Type == request.Type
            ? new KadAnswer(answer, stream.Connection.RemoteAddress)
            : throw new Libp2pException(Libp2pErrorCodes.Malformed, "The answer is none to the request.");
    }

    private static async Task<KadAnswer> EndAsync(Libp2pStream stream, KadMessage message, CancellationToken cancellationToken)
    {
        await stream.CloseWriteAsync(cancellationToken).ConfigureAwait(false);
        return new KadAnswer(message, stream.Connection.RemoteAddress);
    }
}
