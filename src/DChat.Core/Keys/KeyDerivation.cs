using System.Security.Cryptography;

namespace DChat.Core.Keys;

/// <summary>HKDF-SHA256 (RFC 5869) without salt, with <c>info</c> = label ‖ context.</summary>
internal static class KeyDerivation
{
    /// <summary>The length of every derived key and secret in bytes.</summary>
    public const int KeyLength = 32;

    private const int MaxInfoLength = 128;

    /// <summary>Derives 32 bytes.</summary>
    public static void Derive(ReadOnlySpan<byte> secret, ReadOnlySpan<byte> label, ReadOnlySpan<byte> context, Span<byte> key)
    {
        Span<byte> info = stackalloc byte[MaxInfoLength];
        label.CopyTo(info);
        context.CopyTo(info[label.Length..]);
        HKDF.DeriveKey(HashAlgorithmName.SHA256, secret, key, salt: [], info[..(label.Length + context.Length)]);
    }
}
