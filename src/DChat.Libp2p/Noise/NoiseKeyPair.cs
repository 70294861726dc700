using System.Security.Cryptography;
using NSec.Cryptography;

namespace DChat.Libp2p.Noise;

/// <summary>An X25519 key pair.</summary>
internal sealed class NoiseKeyPair : IDisposable
{
    internal const int Length = 32;
    private readonly Key _key;
    private readonly byte[] _public;

    private NoiseKeyPair(Key key)
    {
        _key = key;
        _public = key.PublicKey.Export(KeyBlobFormat.RawPublicKey);
    }

    internal ReadOnlySpan<byte> PublicKey => _public;

    internal static NoiseKeyPair Generate() => new(Key.Create(KeyAgreementAlgorithm.X25519));

    internal static NoiseKeyPair FromSeed(ReadOnlySpan<byte> seed) =>
        new(Key.Import(KeyAgreementAlgorithm.X25519, seed, KeyBlobFormat.RawPrivateKey));

    /// <summary>Mixes the shared secret into <paramref name="state"/>; false for a public key of low order, which has none.</summary>
    internal bool TryMix(NoiseSymmetricState state, ReadOnlySpan<byte> publicKey)
    {
        if (!NSec.Cryptography.PublicKey.TryImport(KeyAgreementAlgorithm.X25519, publicKey, KeyBlobFormat.RawPublicKey, out var other) || other is null)
        {
            return false;
        }

        var exportable = new SharedSecretCreationParameters { ExportPolicy = KeyExportPolicies.AllowPlaintextExport };
        using var shared = KeyAgreementAlgorithm.X25519.Agree(_key, other, exportable);
        if (shared is null)
        {
            return false;
        }

        var secret = shared.Export(SharedSecretBlobFormat.RawSharedSecret);
        state.MixKey(secret);
        CryptographicOperations.ZeroMemory(secret);
        return true;
    }

    public void Dispose() => _key.Dispose();
}
