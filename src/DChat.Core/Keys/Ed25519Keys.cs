using NSec.Cryptography;

namespace DChat.Core.Keys;

/// <summary>Carries Ed25519 keys between their 32 raw bytes and NSec.</summary>
internal static class Ed25519Keys
{
    public static Key ImportSeed(ReadOnlySpan<byte> seed, KeyExportPolicies exportPolicy = KeyExportPolicies.None)
    {
        var parameters = new KeyCreationParameters { ExportPolicy = exportPolicy };
        return Key.Import(SignatureAlgorithm.Ed25519, seed, KeyBlobFormat.RawPrivateKey, in parameters);
    }

    public static Bytes32 ToBytes32(this PublicKey key)
    {
        Span<byte> bytes = stackalloc byte[Bytes32.Length];
        key.TryExport(KeyBlobFormat.RawPublicKey, bytes, out _);
        return new Bytes32(bytes);
    }
}
