using System.Buffers.Binary;
using System.Security.Cryptography;

namespace DChat.Libp2p.Noise;

/// <summary>
/// A Noise CipherState (noiseprotocol.org §5.1) for ChaChaPoly: a key and a counter that never repeats under it.
/// </summary>
internal sealed class NoiseCipher(ReadOnlySpan<byte> key) : IDisposable
{
    internal const int TagLength = 16;

    // The BCL's AEAD, not NSec's: several times faster at the 64 KiB of a full frame.
    private readonly ChaCha20Poly1305 _aead = new(key);
    private ulong _counter;

    /// <summary>Encrypts to <paramref name="output"/>, which is <see cref="TagLength"/> longer than <paramref name="plaintext"/>.</summary>
    internal void Encrypt(ReadOnlySpan<byte> plaintext, Span<byte> output, ReadOnlySpan<byte> associated = default)
    {
        Span<byte> nonce = stackalloc byte[12];
        NextNonce(nonce);
        _aead.Encrypt(nonce, plaintext, output[..plaintext.Length], output.Slice(plaintext.Length, TagLength), associated);
    }

    /// <summary>Decrypts to <paramref name="output"/>, which is <see cref="TagLength"/> shorter than <paramref name="ciphertext"/>; false when it was tampered with.</summary>
    internal bool TryDecrypt(ReadOnlySpan<byte> ciphertext, Span<byte> output, ReadOnlySpan<byte> associated = default) =>
        TryDecryptCore(ciphertext[..^TagLength], ciphertext[^TagLength..], output[..(ciphertext.Length - TagLength)], associated);

    /// <summary>Makes ciphertext without its tag plaintext; false when it was tampered with.</summary>
    internal bool TryDecryptInPlace(Span<byte> buffer, ReadOnlySpan<byte> tag) => TryDecryptCore(buffer, tag, buffer, default);

    public void Dispose() => _aead.Dispose();

    private bool TryDecryptCore(ReadOnlySpan<byte> ciphertext, ReadOnlySpan<byte> tag, Span<byte> output, ReadOnlySpan<byte> associated)
    {
        Span<byte> nonce = stackalloc byte[12];
        NextNonce(nonce);
        try
        {
            _aead.Decrypt(nonce, ciphertext, tag, output, associated);
            return true;
        }
        catch (AuthenticationTagMismatchException)
        {
            return false;
        }
    }

    /// <summary>Four zero bytes, then the counter, little-endian (§12.3).</summary>
    private void NextNonce(Span<byte> nonce)
    {
        nonce[..4].Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(nonce[4..], _counter++);
    }
}
