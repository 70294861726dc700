using System.Security.Cryptography;

namespace DChat.Libp2p.Identity;

/// <summary>ECDSA identities over P-256: a DER SubjectPublicKeyInfo; signatures are of SHA-256, in DER (peer-ids.md, "ECDSA").</summary>
internal sealed class EcdsaKey
{
    private const int CoordinateLength = 32;

    /// <summary><c>SEQUENCE { SEQUENCE { id-ecPublicKey, prime256v1 }, BIT STRING 04 ‖ x ‖ y }</c> up to x: DER has no other way to say it.</summary>
    private static readonly byte[] Prefix = Convert.FromHexString("3059301306072a8648ce3d020106082a8648ce3d03010703420004");

    private readonly ECParameters _parameters;

    private EcdsaKey(ReadOnlySpan<byte> point) => _parameters = new ECParameters
    {
        Curve = ECCurve.NamedCurves.nistP256,
        Q = new ECPoint { X = point[..CoordinateLength].ToArray(), Y = point[CoordinateLength..].ToArray() },
    };

    /// <summary>Reads a key; null when it is none of P-256. Whether the point is on the curve shows when it verifies.</summary>
    internal static EcdsaKey? TryRead(ReadOnlySpan<byte> der) =>
        der.Length == Prefix.Length + (2 * CoordinateLength) && der.StartsWith(Prefix) ? new EcdsaKey(der[Prefix.Length..]) : null;

    internal bool Verify(ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature)
    {
        Span<byte> scalars = stackalloc byte[DerSignature.Length];
        if (!DerSignature.TryRead(signature, scalars))
        {
            return false;
        }

        try
        {
            using var ecdsa = ECDsa.Create(_parameters);
            return ecdsa.VerifyData(data, scalars, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        }
        catch (CryptographicException)
        {
            return false;
        }
    }
}
