using System.Buffers;
using DChat.Libp2p.Streams;
using DChat.Libp2p.Wire;

namespace DChat.Libp2p.Protocols.RequestResponse;

/// <summary>Requests and responses as bytes.</summary>
internal static class RequestFrames
{
    /// <summary>The payload of a message; null when it is over the limit.</summary>
    internal static ArrayBufferWriter<byte>? Encode<T>(IMessageCodec<T> codec, T message, int maxBytes)
    {
        var payload = new ArrayBufferWriter<byte>();
        codec.Write(payload, message);
        return payload.WrittenCount <= maxBytes ? payload : null;
    }

    /// <summary>Sends a payload and ends the writing half.</summary>
    internal static async Task SendAsync(Libp2pStream stream, ArrayBufferWriter<byte> payload, CancellationToken cancellationToken)
    {
        await LengthPrefixed.SendAsync(stream.Output, payload.WrittenMemory, cancellationToken).ConfigureAwait(false);
        await stream.CloseWriteAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>What a peer's bytes say.</summary>
    /// <exception cref="Libp2pException">Nothing.</exception>
    internal static T Decode<T>(IMessageCodec<T> codec, byte[] payload)
    {
        try
        {
            return codec.Read(payload);
        }
        catch (Exception e) when (e is not Libp2pException)
        {
            // Every codec has its own way to say that bytes are no message.
            throw new Libp2pException(Libp2pErrorCodes.Malformed, $"{payload.Length} bytes are no {typeof(T).Name}.", inner: e);
        }
    }
}
