using System.Buffers;
using System.Security.Cryptography;

namespace DChat.Libp2p.Multiformats;

/// <summary>
/// A hash that names its function: <c>uvarint code ‖ uvarint length ‖ digest</c> (https://multiformats.io/multihash/).
/// </summary>
public static class Multihash
{
    /// <summary>The digest is the input itself.</summary>
    public const ulong IdentityCode = 0x00;

    /// <summary>SHA2-256, 32 bytes.</summary>
    public const ulong Sha256Code = 0x12;

    /// <summary>The longest digest that is accepted: SHA2-512 is the longest in use.</summary>
    public const int MaxDigestLength = 64;

    /// <summary>Encodes a digest.</summary>
    public static byte[] Encode(ulong code, ReadOnlySpan<byte> digest)
    {
        var head = Uvarint.Length(code) + Uvarint.Length((ulong)digest.Length);
        var bytes = new byte[head + digest.Length];
        var at = Uvarint.Write(bytes, code);
        Uvarint.Write(bytes.AsSpan(at), (ulong)digest.Length);
        digest.CopyTo(bytes.AsSpan(head));
        return bytes;
    }

    /// <summary>The SHA2-256 multihash of <paramref name="data"/>: <c>12 20 ‖ 32 bytes</c>.</summary>
    public static byte[] Sha256(ReadOnlySpan<byte> data)
    {
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(data, digest);
        return Encode(Sha256Code, digest);
    }

    /// <summary>
    /// Splits a multihash that fills <paramref name="bytes"/> exactly; false for anything else, for digests over
    /// <see cref="MaxDigestLength"/>, and for a SHA2-256 digest that is not 32 bytes.
    /// </summary>
    public static bool TryDecode(ReadOnlySpan<byte> bytes, out ulong code, out ReadOnlySpan<byte> digest)
    {
        digest = default;
        if (Uvarint.TryRead(bytes, out code, out var codeLength) != OperationStatus.Done
            || Uvarint.TryRead(bytes[codeLength..], out var length, out var lengthLength) != OperationStatus.Done
            || length > MaxDigestLength
            || (int)length != bytes.Length - codeLength - lengthLength
            || (code == Sha256Code && length != SHA256.HashSizeInBytes))
        {
            return false;
        }

        digest = bytes[(codeLength + lengthLength)..];
        return true;
    }
}
