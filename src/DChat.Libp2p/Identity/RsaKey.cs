using System.Formats.Asn1;
using System.Security.Cryptography;

namespace DChat.Libp2p.Identity;

/// <summary>
/// RSA identities: a DER SubjectPublicKeyInfo; signatures are RSASSA-PKCS1-v1_5 with SHA-256 (peer-ids.md, "RSA"). Length
/// and exponent are bounded, since both decide what a verification costs.
/// </summary>
internal sealed class RsaKey
{
    /// <summary>The shortest modulus, in bits: shorter ones can be broken. As in go.</summary>
    internal const int MinBits = 2048;

    /// <summary>The longest modulus, in bits. As in go and js.</summary>
    internal const int MaxBits = 8192;

    private const string Oid = "1.2.840.113549.1.1.1";
    private readonly RSAParameters _parameters;

    private RsaKey(byte[] modulus, byte[] exponent) => _parameters = new RSAParameters { Modulus = modulus, Exponent = exponent };

    /// <summary>Reads a key; null when it is none or out of bounds.</summary>
    internal static RsaKey? TryRead(ReadOnlySpan<byte> der)
    {
        try
        {
            var reader = new AsnReader(der.ToArray(), AsnEncodingRules.DER);
            var info = reader.ReadSequence();
            reader.ThrowIfNotEmpty();
            var algorithm = info.ReadSequence();
            if (algorithm.ReadObjectIdentifier() != Oid)
            {
                return null;
            }

            algorithm.ReadNull();
            algorithm.ThrowIfNotEmpty();
            var key = new AsnReader(info.ReadBitString(out _), AsnEncodingRules.DER);
            info.ThrowIfNotEmpty();
            var numbers = key.ReadSequence();
            key.ThrowIfNotEmpty();
            var modulus = ReadPositive(numbers);
            var exponent = ReadPositive(numbers);
            numbers.ThrowIfNotEmpty();
            return IsModulus(modulus) && IsExponent(exponent) ? new RsaKey(modulus, exponent) : null;
        }
        catch (AsnContentException)
        {
            return null;
        }
    }

    internal bool Verify(ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature)
    {
        if (signature.Length != _parameters.Modulus!.Length)
        {
            return false;
        }

        try
        {
            using var rsa = RSA.Create(_parameters);
            return rsa.VerifyData(data, signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        }
        catch (CryptographicException)
        {
            return false;
        }
    }

    /// <summary>The bytes of a positive integer, big-endian; empty when it is not positive.</summary>
    private static byte[] ReadPositive(AsnReader numbers)
    {
        var integer = numbers.ReadIntegerBytes().Span;
        return integer[0] >= 0x80 ? [] : integer.TrimStart((byte)0).ToArray();
    }

    private static bool IsModulus(ReadOnlySpan<byte> modulus)
    {
        var bits = modulus.IsEmpty ? 0 : (8 * modulus.Length) - byte.LeadingZeroCount(modulus[0]);
        return bits is >= MinBits and <= MaxBits && (modulus[^1] & 1) == 1;
    }

    /// <summary>Odd, at least 3, below 2³¹ as in go: a longer one would make a verification as slow as signing.</summary>
    private static bool IsExponent(ReadOnlySpan<byte> exponent) => exponent switch
    {
        [] => false,
        [var only] => only >= 3 && (only & 1) == 1,
        [.., var last] => (exponent.Length < 4 || (exponent.Length == 4 && exponent[0] < 0x80)) && (last & 1) == 1,
    };
}
