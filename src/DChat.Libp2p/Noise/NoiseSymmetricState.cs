using System.Security.Cryptography;

namespace DChat.Libp2p.Noise;

/// <summary>A Noise SymmetricState (noiseprotocol.org §5.2) for SHA256: the running hash, the chaining key and the cipher they give.</summary>
internal sealed class NoiseSymmetricState : IDisposable
{
    private const int HashLength = 32;
    private const int ShortData = 512;
    private readonly byte[] _chainingKey;
    private readonly byte[] _hash;
    private NoiseCipher? _cipher;

    internal NoiseSymmetricState()
    {
        // Exactly 32 bytes, so the name is the first hash as it stands; then the empty prologue is mixed in.
        _hash = "Noise_XX_25519_ChaChaPoly_SHA256"u8.ToArray();
        _chainingKey = [.. _hash];
        MixHash([]);
    }

    internal ReadOnlySpan<byte> Hash => _hash;

    internal int TagLength => _cipher is null ? 0 : NoiseCipher.TagLength;

    internal void MixHash(ReadOnlySpan<byte> data)
    {
        // One call over both: a hash object for each would cost more than its few dozen bytes do.
        Span<byte> joined = data.Length <= ShortData ? stackalloc byte[HashLength + data.Length] : new byte[HashLength + data.Length];
        _hash.CopyTo(joined);
        data.CopyTo(joined[HashLength..]);
        SHA256.HashData(joined, _hash);
    }

    internal void MixKey(ReadOnlySpan<byte> secret)
    {
        Span<byte> key = stackalloc byte[HashLength];
        Hkdf(secret, _chainingKey, key);
        _cipher?.Dispose();
        _cipher = new NoiseCipher(key);
        CryptographicOperations.ZeroMemory(key);
    }

    internal void EncryptAndHash(ReadOnlySpan<byte> plaintext, Span<byte> output)
    {
        if (_cipher is null)
        {
            plaintext.CopyTo(output);
        }
        else
        {
            _cipher.Encrypt(plaintext, output, _hash);
        }

        MixHash(output[..(plaintext.Length + TagLength)]);
    }

    internal bool TryDecryptAndHash(ReadOnlySpan<byte> ciphertext, Span<byte> output)
    {
        if (ciphertext.Length < TagLength)
        {
            return false;
        }

        if (_cipher is null)
        {
            ciphertext.CopyTo(output);
        }
        else if (!_cipher.TryDecrypt(ciphertext, output, _hash))
        {
            return false;
        }

        MixHash(ciphertext);
        return true;
    }

    /// <summary>The transport keys: the initiator sends with the first.</summary>
    internal void Split(Span<byte> first, Span<byte> second)
    {
        _chainingKey.CopyTo(first);
        Hkdf([], first, second);
    }

    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(_chainingKey);
        _cipher?.Dispose();
    }

    /// <summary>HKDF with two outputs (§4.3); the first replaces the chaining key.</summary>
    private static void Hkdf(ReadOnlySpan<byte> secret, Span<byte> chainingKey, Span<byte> second)
    {
        Span<byte> temp = stackalloc byte[HashLength];
        Span<byte> input = stackalloc byte[HashLength + 1];
        HMACSHA256.HashData(chainingKey, secret, temp);
        HMACSHA256.HashData(temp, [0x01], chainingKey);
        chainingKey.CopyTo(input);
        input[HashLength] = 0x02;
        HMACSHA256.HashData(temp, input, second);
        CryptographicOperations.ZeroMemory(temp);
    }
}
