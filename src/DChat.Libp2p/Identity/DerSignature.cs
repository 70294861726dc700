using System.Formats.Asn1;

namespace DChat.Libp2p.Identity;

/// <summary>Signatures of elliptic curves with 32-byte scalars: <c>SEQUENCE { INTEGER r, INTEGER s }</c> in DER.</summary>
internal static class DerSignature
{
    /// <summary>r and s, 32 bytes each.</summary>
    internal const int Length = 64;

    private const int ScalarLength = Length / 2;

    /// <summary>Reads a signature; false unless it is encoded in the one way that DER allows.</summary>
    /// <param name="der">The signature.</param>
    /// <param name="fixedLength">Gets r and s, big-endian.</param>
    internal static bool TryRead(ReadOnlySpan<byte> der, Span<byte> fixedLength)
    {
        try
        {
            var reader = new AsnReader(der.ToArray(), AsnEncodingRules.DER);
            var sequence = reader.ReadSequence();
            reader.ThrowIfNotEmpty();
            var isRead = TryReadScalar(sequence, fixedLength[..ScalarLength]) && TryReadScalar(sequence, fixedLength[ScalarLength..]);
            sequence.ThrowIfNotEmpty();
            return isRead;
        }
        catch (AsnContentException)
        {
            return false;
        }
    }

    private static bool TryReadScalar(AsnReader sequence, Span<byte> scalar)
    {
        var integer = sequence.ReadIntegerBytes().Span;
        if (integer[0] >= 0x80)
        {
            return false;
        }

        integer = integer.TrimStart((byte)0);
        if (integer.Length > ScalarLength)
        {
            return false;
        }

        scalar.Clear();
        integer.CopyTo(scalar[^integer.Length..]);
        return true;
    }
}
