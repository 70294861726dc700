namespace DChat.Core.Relays;

/// <summary>Names a relay: its operator's Ed25519 public key (RFC 8032).</summary>
/// <param name="Value">The 32 bytes of the public key.</param>
public readonly record struct RelayId(Bytes32 Value)
{
    /// <summary>64 lower-case hexadecimal digits.</summary>
    public override string ToString() => Value.ToString();

    /// <summary>Parses 64 hexadecimal digits.</summary>
    /// <exception cref="FormatException"><paramref name="text"/> is anything else.</exception>
    public static RelayId Parse(ReadOnlySpan<char> text) => new(Bytes32.Parse(text));
}
