using System.Buffers;
using NSec.Cryptography;

namespace DChat.Core.Keys;

/// <summary>Ed25519 (RFC 8032) over label ‖ message, so that a signature made for one purpose never serves another.</summary>
internal static class LabelledSignature
{
    /// <summary>The length of a signature in bytes.</summary>
    public const int Length = 64;

    public static void Sign(Key key, ReadOnlySpan<byte> label, ReadOnlySpan<byte> message, Span<byte> signature)
    {
        var buffer = Join(label, message, out var signed);
        SignatureAlgorithm.Ed25519.Sign(key, signed, signature);
        ArrayPool<byte>.Shared.Return(buffer);
    }

    public static bool Verify(Bytes32 publicKey, ReadOnlySpan<byte> label, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature)
    {
        Span<byte> keyBytes = stackalloc byte[Bytes32.Length];
        publicKey.CopyTo(keyBytes);
        var key = PublicKey.Import(SignatureAlgorithm.Ed25519, keyBytes, KeyBlobFormat.RawPublicKey);
        var buffer = Join(label, message, out var signed);
        var valid = SignatureAlgorithm.Ed25519.Verify(key, signed, signature);
        ArrayPool<byte>.Shared.Return(buffer);
        return valid;
    }

    private static byte[] Join(ReadOnlySpan<byte> label, ReadOnlySpan<byte> message, out ReadOnlySpan<byte> joined)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(label.Length + message.Length);
        label.CopyTo(buffer);
        message.CopyTo(buffer.AsSpan(label.Length));
        joined = buffer.AsSpan(0, label.Length + message.Length);
        return buffer;
    }
}
