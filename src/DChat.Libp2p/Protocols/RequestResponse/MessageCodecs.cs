using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace DChat.Libp2p.Protocols.RequestResponse;

/// <summary>Codecs for common kinds of messages.</summary>
public static class MessageCodecs
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Bytes as they are.</summary>
    public static IMessageCodec<ReadOnlyMemory<byte>> Bytes { get; } =
        Create<ReadOnlyMemory<byte>>((output, message) => output.Write(message.Span), payload => payload);

    /// <summary>Text in UTF-8. What is not valid is refused, in both directions.</summary>
    public static IMessageCodec<string> Text { get; } =
        Create<string>((output, message) => StrictUtf8.GetBytes(message, output), payload => StrictUtf8.GetString(payload.Span));

    /// <summary>JSON in UTF-8, one value a message. <c>null</c> is refused.</summary>
    /// <typeparam name="T">The messages.</typeparam>
    /// <param name="type">
    /// How they are serialized, from a source-generated <c>JsonSerializerContext</c>: nothing is found by reflection, so trimming and
    /// native compilation are safe.
    /// </param>
    public static IMessageCodec<T> Json<T>(JsonTypeInfo<T> type)
    {
        ArgumentNullException.ThrowIfNull(type);
        return Create(Write, Read);

        void Write(IBufferWriter<byte> output, T message)
        {
            using var writer = new Utf8JsonWriter(output);
            JsonSerializer.Serialize(writer, message, type);
        }

        T Read(ReadOnlyMemory<byte> payload) =>
            JsonSerializer.Deserialize(payload.Span, type) ?? throw new Libp2pException(Libp2pErrorCodes.Malformed, "A message is null.");
    }

    /// <summary>A codec of two functions, such as those of a Protobuf message: <c>WriteTo</c> and <c>Parser.ParseFrom</c>.</summary>
    /// <typeparam name="T">The messages.</typeparam>
    /// <param name="write">See <see cref="IMessageCodec{T}.Write"/>.</param>
    /// <param name="read">See <see cref="IMessageCodec{T}.Read"/>.</param>
    public static IMessageCodec<T> Create<T>(Action<IBufferWriter<byte>, T> write, Func<ReadOnlyMemory<byte>, T> read)
    {
        ArgumentNullException.ThrowIfNull(write);
        ArgumentNullException.ThrowIfNull(read);
        return new FunctionCodec<T>(write, read);
    }

    private sealed class FunctionCodec<T>(Action<IBufferWriter<byte>, T> write, Func<ReadOnlyMemory<byte>, T> read) : IMessageCodec<T>
    {
        public void Write(IBufferWriter<byte> output, T message) => write(output, message);

        public T Read(ReadOnlyMemory<byte> payload) => read(payload);
    }
}
