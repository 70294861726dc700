using System.Security.Cryptography;
using NSec.Cryptography;

namespace DChat.Core.Keys;

/// <summary>
/// An Ed25519 key pair (RFC 8032): of an operator, a gateway, a device or an author. It signs nothing but statements and
/// envelopes, each under its label. Thread-safe until disposed; it holds a few pages of locked memory.
/// </summary>
public sealed class SigningKey : IDisposable
{
    /// <summary>The length of a seed in bytes.</summary>
    public const int SeedLength = 32;

    private readonly Key _key;

    private SigningKey(Key key)
    {
        _key = key;
        Span<byte> bytes = stackalloc byte[Bytes32.Length];
        key.PublicKey.TryExport(KeyBlobFormat.RawPublicKey, bytes, out _);
        PublicKey = new Bytes32(bytes);
    }

    /// <summary>The 32 bytes of the public key.</summary>
    public Bytes32 PublicKey { get; }

    /// <summary>Draws a new key from the operating system's randomness.</summary>
    public static SigningKey Generate()
    {
        Span<byte> seed = stackalloc byte[SeedLength];
        RandomNumberGenerator.Fill(seed);
        var key = FromSeed(seed);
        CryptographicOperations.ZeroMemory(seed);
        return key;
    }

    /// <summary>Restores a key.</summary>
    /// <param name="seed32">The 32-byte RFC 8032 seed, as <see cref="ExportSeed"/> returns it.</param>
    /// <exception cref="ArgumentException"><paramref name="seed32"/> is not 32 bytes long.</exception>
    public static SigningKey FromSeed(ReadOnlySpan<byte> seed32)
    {
        if (seed32.Length != SeedLength)
        {
            throw new ArgumentException($"A seed is {SeedLength} bytes, got {seed32.Length}.", nameof(seed32));
        }

        var parameters = new KeyCreationParameters { ExportPolicy = KeyExportPolicies.AllowPlaintextExport };
        return new SigningKey(Key.Import(SignatureAlgorithm.Ed25519, seed32, KeyBlobFormat.RawPrivateKey, in parameters));
    }

    /// <summary>The 32-byte seed. Whoever holds it can sign as this key: store it accordingly and clear the array after use.</summary>
    /// <exception cref="ObjectDisposedException">The key is disposed.</exception>
    public byte[] ExportSeed() => _key.Export(KeyBlobFormat.RawPrivateKey);

    /// <summary>The public key; never the seed.</summary>
    public override string ToString() => PublicKey.ToString();

    /// <inheritdoc/>
    public void Dispose() => _key.Dispose();

    /// <summary>Signs label ‖ message.</summary>
    internal void Sign(ReadOnlySpan<byte> label, ReadOnlySpan<byte> message, Span<byte> signature) =>
        LabelledSignature.Sign(_key, label, message, signature);
}
