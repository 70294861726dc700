using DChat.Core.Keys;

namespace DChat.Core.Statements;

/// <summary>
/// What one key states to a network, such as a delegation: a label that keeps its signatures apart from those of every other
/// type, and one encoding. <see cref="Signed{T}"/> signs and verifies it.
/// </summary>
/// <typeparam name="TSelf">The type itself.</typeparam>
public interface IStatement<TSelf>
    where TSelf : class, IStatement<TSelf>
{
    /// <summary>
    /// What the signature covers before the network: ASCII, ending in its only zero byte, the same for no other type
    /// (<see cref="KeyLabels"/>).
    /// </summary>
    static abstract ReadOnlySpan<byte> Label { get; }

    /// <summary>The longest encoded statement in bytes; a longer one is refused before it is parsed.</summary>
    static abstract int MaxLength { get; }

    /// <summary>The Ed25519 public key that must sign it; part of the statement.</summary>
    Bytes32 Signer { get; }

    /// <summary>The canonical encoding.</summary>
    byte[] Encode();

    /// <summary>Reads an encoded statement and checks the range of every member.</summary>
    /// <param name="bytes">At most <see cref="MaxLength"/> bytes.</param>
    /// <returns>Null when the bytes are no such statement. They need not be canonical: the caller compares.</returns>
    static abstract TSelf? TryDecode(ReadOnlySpan<byte> bytes);
}
