using System.Security.Cryptography;

namespace DChat.Core.Envelopes;

/// <summary>Names a message: SHA-256 of the envelope bytes as carried, signature included.</summary>
public readonly record struct MessageId(Bytes32 Value) : IComparable<MessageId>
{
    /// <summary>The length in bytes.</summary>
    public const int Length = Bytes32.Length;

    /// <summary>The id of these envelope bytes.</summary>
    public static MessageId Compute(ReadOnlySpan<byte> envelope)
    {
        Span<byte> hash = stackalloc byte[Length];
        SHA256.HashData(envelope, hash);
        return new MessageId(new Bytes32(hash));
    }

    /// <inheritdoc/>
    public int CompareTo(MessageId other) => Value.CompareTo(other.Value);

    /// <summary>64 lower-case hexadecimal digits.</summary>
    public override string ToString() => Value.ToString();

    /// <summary>Parses 64 hexadecimal digits.</summary>
    /// <exception cref="FormatException"><paramref name="text"/> is anything else.</exception>
    public static MessageId Parse(ReadOnlySpan<char> text) => new(Bytes32.Parse(text));
}
