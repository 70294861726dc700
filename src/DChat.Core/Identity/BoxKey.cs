namespace DChat.Core.Identity;

/// <summary>The X25519 public key (RFC 7748) of a device, to which the states of its identity are sealed.</summary>
/// <param name="Value">The 32 bytes of the public key.</param>
public readonly record struct BoxKey(Bytes32 Value)
{
    /// <summary>64 lower-case hexadecimal digits.</summary>
    public override string ToString() => Value.ToString();
}
