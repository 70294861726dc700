using System.Buffers;

namespace DChat.Libp2p.Protocols.RequestResponse;

/// <summary>
/// How messages of a type become bytes, and back. Framing is not its business: a payload is one whole message.
/// <see cref="MessageCodecs"/> has some and makes others of two functions. Called by several threads.
/// </summary>
/// <typeparam name="T">The messages.</typeparam>
public interface IMessageCodec<T>
{
    /// <summary>Writes a message.</summary>
    /// <param name="output">Where its bytes go.</param>
    /// <param name="message">The message.</param>
    void Write(IBufferWriter<byte> output, T message);

    /// <summary>Reads a message that a peer has sent: expect anything.</summary>
    /// <param name="payload">All its bytes; the codec may keep them.</param>
    /// <exception cref="Exception">
    /// They are no message. Whatever is thrown is seen as a <see cref="Libp2pException"/> with <see cref="Libp2pErrorCodes.Malformed"/>,
    /// unless it is one already.
    /// </exception>
    T Read(ReadOnlyMemory<byte> payload);
}
