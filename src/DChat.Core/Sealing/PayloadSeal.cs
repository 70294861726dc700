using DChat.Core.Envelopes;
using NSec.Cryptography;

namespace DChat.Core.Sealing;

/// <summary>
/// XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha) with, as associated data, the body without its ciphertext field: the
/// encoded fields 1–9, then the encoded field 11 if there is one.
/// </summary>
internal static class PayloadSeal
{
    /// <summary>How much longer a ciphertext is than its plaintext.</summary>
    public const int TagLength = EnvelopeLimits.MinCiphertextLength;

    private const int MaxAssociatedLength = 512;

    /// <summary>
    /// Encrypts in place: the plaintext is all but the last <see cref="TagLength"/> bytes of <paramref name="ciphertext"/>.
    /// </summary>
    public static void Encrypt(
        Key key, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> encodedHeader, ReadOnlySpan<byte> encodedPermit, Span<byte> ciphertext)
    {
        var associated = Join(encodedHeader, encodedPermit, stackalloc byte[MaxAssociatedLength]);
        AeadAlgorithm.XChaCha20Poly1305.Encrypt(key, nonce, associated, ciphertext[..^TagLength], ciphertext);
    }

    /// <summary>
    /// Decrypts into <paramref name="plaintext"/>, which is <see cref="TagLength"/> shorter than the ciphertext; false when
    /// anything was changed.
    /// </summary>
    public static bool TryDecrypt(Key key, in EnvelopeView view, Span<byte> plaintext)
    {
        var associated = Join(view.EncodedHeader, view.EncodedPermit, stackalloc byte[MaxAssociatedLength]);
        return AeadAlgorithm.XChaCha20Poly1305.Decrypt(key, view.Nonce, associated, view.Ciphertext, plaintext);
    }

    private static ReadOnlySpan<byte> Join(ReadOnlySpan<byte> header, ReadOnlySpan<byte> permit, Span<byte> buffer)
    {
        header.CopyTo(buffer);
        permit.CopyTo(buffer[header.Length..]);
        return buffer[..(header.Length + permit.Length)];
    }
}
