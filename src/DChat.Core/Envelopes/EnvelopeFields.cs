namespace DChat.Core.Envelopes;

/// <summary>
/// The protobuf tag byte (field number × 8 + wire type) of every field, in the order of the wire. All field numbers are
/// below 16, so every tag is one byte. Schema: <c>Protocol/envelope.proto</c>.
/// </summary>
internal static class EnvelopeFields
{
    public const byte Body = (1 << 3) | LengthDelimited;
    public const byte Signature = (2 << 3) | LengthDelimited;

    public const byte Version = (1 << 3) | Varint;
    public const byte Network = (2 << 3) | LengthDelimited;
    public const byte TopicTag = (3 << 3) | LengthDelimited;
    public const byte AuthorKey = (4 << 3) | LengthDelimited;
    public const byte Sequence = (5 << 3) | Varint;
    public const byte Hlc = (6 << 3) | Fixed64;
    public const byte Class = (7 << 3) | Varint;
    public const byte KeyGeneration = (8 << 3) | Varint;
    public const byte Nonce = (9 << 3) | LengthDelimited;
    public const byte Ciphertext = (10 << 3) | LengthDelimited;
    public const byte Permit = (11 << 3) | LengthDelimited;

    private const byte Varint = 0;
    private const byte Fixed64 = 1;
    private const byte LengthDelimited = 2;
}
