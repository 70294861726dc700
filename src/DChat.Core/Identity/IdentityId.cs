namespace DChat.Core.Identity;

/// <summary>Names an identity: the id of the first entry of its device log.</summary>
/// <param name="Value">The 32 bytes of the hash.</param>
public readonly record struct IdentityId(Bytes32 Value)
{
    /// <summary>64 lower-case hexadecimal digits.</summary>
    public override string ToString() => Value.ToString();

    /// <summary>Parses 64 hexadecimal digits.</summary>
    /// <exception cref="FormatException"><paramref name="text"/> is anything else.</exception>
    public static IdentityId Parse(ReadOnlySpan<char> text) => new(Bytes32.Parse(text));
}
