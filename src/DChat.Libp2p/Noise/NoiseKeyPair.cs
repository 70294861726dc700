using System.Security.Cryptography;

namespace DChat.Libp2p.Noise;

/// <summary>An X25519 key pair. The private half never moves in memory, so that <see cref="Dispose"/> wipes the only copy.</summary>
internal sealed class NoiseKeyPair : IDisposable
{
    internal const int Length = X25519.Length;
    private readonly byte[] _private = GC.AllocateUninitializedArray<byte>(Length, pinned: true);
    private readonly byte[] _public = new byte[Length];
    private bool _disposed;

    private NoiseKeyPair()
    {
    }

    internal ReadOnlySpan<byte> PublicKey => _public;

    internal static NoiseKeyPair Generate()
    {
        var pair = new NoiseKeyPair();
        RandomNumberGenerator.Fill(pair._private);
        X25519.GetPublicKey(pair._private, pair._public);
        return pair;
    }

    internal static NoiseKeyPair FromSeed(ReadOnlySpan<byte> seed)
    {
        var pair = new NoiseKeyPair();
        seed.CopyTo(pair._private);
        X25519.GetPublicKey(pair._private, pair._public);
        return pair;
    }

    /// <summary>Mixes the shared secret into <paramref name="state"/>; false for a public key of low order, which has none.</summary>
    internal bool TryMix(NoiseSymmetricState state, ReadOnlySpan<byte> publicKey)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        Span<byte> secret = stackalloc byte[Length];
        if (!X25519.TryAgree(_private, publicKey, secret))
        {
            return false;
        }

        state.MixKey(secret);
        CryptographicOperations.ZeroMemory(secret);
        return true;
    }

    public void Dispose()
    {
        _disposed = true;
        CryptographicOperations.ZeroMemory(_private);
    }
}
