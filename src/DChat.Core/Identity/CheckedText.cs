using System.Buffers.Text;
using System.Security.Cryptography;

namespace DChat.Core.Identity;

/// <summary>Bytes as text that people copy: a prefix and base64url (RFC 4648 §5, no padding) of the bytes and the start of their SHA-256 under a label.</summary>
internal static class CheckedText
{
    private const int ChecksumLength = 4;

    public static string Write(string prefix, ReadOnlySpan<byte> label, ReadOnlySpan<byte> bytes) =>
        prefix + Base64Url.EncodeToString([.. bytes, .. Checksum(label, bytes)]);

    /// <summary>Reads such a text; white space around it is ignored, and each has one spelling only.</summary>
    /// <returns>Null when it is none.</returns>
    public static byte[]? TryRead(string? text, string prefix, ReadOnlySpan<byte> label, int maxBytes)
    {
        var given = text.AsSpan().Trim();
        if (!given.StartsWith(prefix, StringComparison.Ordinal) || given.Length > prefix.Length + Base64Url.GetEncodedLength(maxBytes + ChecksumLength))
        {
            return null;
        }

        var encoded = given[prefix.Length..];
        if (!Base64Url.IsValid(encoded))
        {
            return null;
        }

        var bytes = Base64Url.DecodeFromChars(encoded);
        return bytes.Length > ChecksumLength && encoded.SequenceEqual(Base64Url.EncodeToString(bytes))
            && Checksum(label, bytes.AsSpan()[..^ChecksumLength]).AsSpan().SequenceEqual(bytes.AsSpan()[^ChecksumLength..])
                ? bytes[..^ChecksumLength]
                : null;
    }

    private static byte[] Checksum(ReadOnlySpan<byte> label, ReadOnlySpan<byte> bytes) => SHA256.HashData([.. label, .. bytes])[..ChecksumLength];
}
