namespace DChat.Core.Keys;

/// <summary>
/// The pseudonym under which a device writes to one topic in one key generation: an Ed25519 public key (RFC 8032) that
/// signs envelopes. Relays see it; without the topic secret nobody can tell which device it belongs to, nor that two of
/// them belong to the same one.
/// </summary>
/// <param name="Value">The 32 bytes of the public key.</param>
public readonly record struct AuthorKey(Bytes32 Value)
{
    /// <summary>64 lower-case hexadecimal digits.</summary>
    public override string ToString() => Value.ToString();

    /// <summary>Parses 64 hexadecimal digits.</summary>
    /// <exception cref="FormatException"><paramref name="text"/> is anything else.</exception>
    public static AuthorKey Parse(ReadOnlySpan<char> text) => new(Bytes32.Parse(text));
}
