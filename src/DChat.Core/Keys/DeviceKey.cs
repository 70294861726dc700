namespace DChat.Core.Keys;

/// <summary>Names a device: its Ed25519 public key (RFC 8032). It travels inside ciphertexts only, so relays never see it.</summary>
/// <param name="Value">The 32 bytes of the public key.</param>
public readonly record struct DeviceKey(Bytes32 Value)
{
    /// <summary>64 lower-case hexadecimal digits.</summary>
    public override string ToString() => Value.ToString();

    /// <summary>Parses 64 hexadecimal digits.</summary>
    /// <exception cref="FormatException"><paramref name="text"/> is anything else.</exception>
    public static DeviceKey Parse(ReadOnlySpan<char> text) => new(Bytes32.Parse(text));
}
