using DChat.Libp2p;
using DChat.Libp2p.Streams;
using DChat.Libp2p.Wire;
using Google.Protobuf;

namespace DChat.Federation.Sync;

/// <summary>The messages of one stream, counted, and waited for with patience that ends.</summary>
internal sealed class SyncFrames(Libp2pStream stream, TimeProvider time)
{
    /// <summary>Bytes of the messages that were read.</summary>
    public long Received { get; private set; }

    /// <summary>Bytes of the messages that were written.</summary>
    public long Sent { get; private set; }

    /// <summary>Both together.</summary>
    public long Total => Received + Sent;

    /// <summary>Reads a message; null when the peer has ended.</summary>
    /// <exception cref="Libp2pException">It is malformed or too long, or does not come in time.</exception>
    public async Task<T?> ReadAsync<T>(MessageParser<T> parser, CancellationToken cancellationToken)
        where T : class, IMessage<T>
    {
        var bytes = await WaitAsync(
            LengthPrefixed.ReadAsync(stream.Input, SyncLimits.MaxFrameBytes, cancellationToken).AsTask(), "send the next message", cancellationToken)
            .ConfigureAwait(false);
        if (bytes is null)
        {
            return null;
        }

        Received += bytes.Length;
        try
        {
            return parser.ParseFrom(bytes);
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new Libp2pException(Libp2pErrorCodes.Malformed, "A message cannot be read.", isTransient: false, e);
        }
    }

    /// <summary>Writes a message.</summary>
    /// <exception cref="Libp2pException">The peer does not take it in time.</exception>
    public async Task WriteAsync(IMessage message, CancellationToken cancellationToken)
    {
        var bytes = message.ToByteArray();
        Sent += bytes.Length;
        LengthPrefixed.Write(stream.Output, bytes);
        var flush = stream.Output.FlushAsync(cancellationToken);
        if (!flush.IsCompleted)
        {
            await WaitAsync(flush.AsTask(), "take a message", cancellationToken).ConfigureAwait(false);
            return;
        }

        await flush.ConfigureAwait(false);
    }

    private async Task<TResult> WaitAsync<TResult>(Task<TResult> task, string what, CancellationToken cancellationToken)
    {
        try
        {
            return await task.WaitAsync(SyncLimits.PeerTimeout, time, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException e)
        {
            throw new Libp2pException(
                Libp2pErrorCodes.TimedOut, $"The peer did not {what} within {SyncLimits.PeerTimeout.TotalSeconds} s.", isTransient: true, e);
        }
    }
}
