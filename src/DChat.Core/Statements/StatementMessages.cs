using Google.Protobuf;

namespace DChat.Core.Statements;

/// <summary>Reads the protobuf messages that statements are encoded as.</summary>
internal static class StatementMessages
{
    /// <summary>Parses a message without its unknown fields, so that bytes with such fields do not encode to the same again.</summary>
    /// <returns>Null when the bytes are no message of this type.</returns>
    public static T? TryParse<T>(MessageParser<T> parser, ReadOnlySpan<byte> bytes)
        where T : class, IMessage<T>
    {
        try
        {
            return parser.WithDiscardUnknownFields(true).ParseFrom(bytes);
        }
        catch (InvalidProtocolBufferException)
        {
            return null;
        }
    }
}
