using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace DChat.Libp2p.Noise;

/// <summary>X25519 (RFC 7748) of libsodium, which NSec brings for every platform it runs on.</summary>
/// <remarks>
/// Not NSec's own classes: they lock each key and each shared secret into pages of its own between guard pages. The six
/// or more system calls of each cost more than the curve does, and a stranger's handshake makes four.
/// </remarks>
internal static class X25519
{
    internal const int Length = 32;

    private const string Library = "libsodium";

    static X25519()
    {
        if (Initialize() < 0)
        {
            throw new CryptographicException("libsodium does not start.");
        }
    }

    /// <summary>The public key of a private one.</summary>
    internal static void GetPublicKey(ReadOnlySpan<byte> privateKey, Span<byte> publicKey)
    {
        Check(privateKey, publicKey);
        if (MultiplyBase(ref MemoryMarshal.GetReference(publicKey), in MemoryMarshal.GetReference(privateKey)) != 0)
        {
            throw new CryptographicException("X25519 has failed.");
        }
    }

    /// <summary>The shared secret; false for a public key of low order, with which there is none.</summary>
    internal static bool TryAgree(ReadOnlySpan<byte> privateKey, ReadOnlySpan<byte> publicKey, Span<byte> secret)
    {
        Check(privateKey, publicKey);
        Check(privateKey, secret);
        return Multiply(ref MemoryMarshal.GetReference(secret), in MemoryMarshal.GetReference(privateKey), in MemoryMarshal.GetReference(publicKey)) == 0;
    }

    private static void Check(ReadOnlySpan<byte> one, ReadOnlySpan<byte> other)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(one.Length, Length);
        ArgumentOutOfRangeException.ThrowIfNotEqual(other.Length, Length);
    }

    [DllImport(Library, EntryPoint = "sodium_init", CallingConvention = CallingConvention.Cdecl)]
    private static extern int Initialize();

    [DllImport(Library, EntryPoint = "crypto_scalarmult_curve25519_base", CallingConvention = CallingConvention.Cdecl)]
    private static extern int MultiplyBase(ref byte publicKey, in byte privateKey);

    [DllImport(Library, EntryPoint = "crypto_scalarmult_curve25519", CallingConvention = CallingConvention.Cdecl)]
    private static extern int Multiply(ref byte secret, in byte privateKey, in byte publicKey);
}
