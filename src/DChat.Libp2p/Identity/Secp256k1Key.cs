using NBitcoin.Secp256k1;
using Sha256 = System.Security.Cryptography.SHA256;

namespace DChat.Libp2p.Identity;

/// <summary>
/// Identities over secp256k1: 33 bytes, compressed; signatures are of SHA-256, in DER, with the lower s (peer-ids.md,
/// "Secp256k1"; BIP 62). Not by the platform, which has the curve on some systems only.
/// </summary>
internal sealed class Secp256k1Key
{
    /// <summary>The length of a key in bytes.</summary>
    internal const int Length = 33;

    private readonly ECPubKey _key;

    private Secp256k1Key(ECPubKey key) => _key = key;

    /// <summary>Reads a key; null when it is no point of the curve.</summary>
    internal static Secp256k1Key? TryRead(ReadOnlySpan<byte> compressed) =>
        compressed.Length == Length && ECPubKey.TryCreate(compressed, Context.Instance, out _, out var key) ? new Secp256k1Key(key) : null;

    // As js does, a high s is refused: everyone writes the low one.
    internal bool Verify(ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature) =>
        TryReadSignature(signature) is { s.IsHigh: false } parsed && _key.SigVerify(parsed, Hash(data));

    /// <summary>
    /// Whether a signature is right but for its s, which is the high one of two. Who has no key can make it from the one with the
    /// low s; go takes it.
    /// </summary>
    internal bool VerifyHigh(ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature) =>
        TryReadSignature(signature) is { s.IsHigh: true } parsed && _key.SigVerify(new SecpECDSASignature(parsed.r, parsed.s.Negate(), enforceCheck: true), Hash(data));

    private static SecpECDSASignature? TryReadSignature(ReadOnlySpan<byte> signature)
    {
        Span<byte> scalars = stackalloc byte[DerSignature.Length];
        return DerSignature.TryRead(signature, scalars) && SecpECDSASignature.TryCreateFromCompact(scalars, out var parsed) ? parsed : null;
    }

    private static byte[] Hash(ReadOnlySpan<byte> data) => Sha256.HashData(data);
}
