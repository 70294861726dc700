using System.Security.Cryptography;
using DChat.Core.Keys;
using NSec.Cryptography;

namespace DChat.Core.Relays;

/// <summary>
/// An operator's Ed25519 key pair. It signs delegations and so need not be where the network is. Thread-safe until disposed.
/// </summary>
public sealed class RelayKey : IDisposable
{
    /// <summary>The length of a seed in bytes.</summary>
    public const int SeedLength = 32;

    private readonly Key _key;

    private RelayKey(Key key)
    {
        _key = key;
        Id = new RelayId(key.PublicKey.ToBytes32());
    }

    /// <summary>The public half, which names the relay.</summary>
    public RelayId Id { get; }

    /// <summary>Draws a new key from the operating system's randomness.</summary>
    public static RelayKey Generate()
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
    public static RelayKey FromSeed(ReadOnlySpan<byte> seed32) => seed32.Length == SeedLength
        ? new RelayKey(Ed25519Keys.ImportSeed(seed32, KeyExportPolicies.AllowPlaintextExport))
        : throw new ArgumentException($"A seed is {SeedLength} bytes, got {seed32.Length}.", nameof(seed32));

    /// <summary>The 32-byte seed. Whoever holds it is the relay: store it accordingly and clear the array after use.</summary>
    /// <exception cref="ObjectDisposedException">The key is disposed.</exception>
    public byte[] ExportSeed() => _key.Export(KeyBlobFormat.RawPrivateKey);

    /// <summary>The <see cref="RelayId"/>; never the seed.</summary>
    public override string ToString() => Id.ToString();

    /// <inheritdoc/>
    public void Dispose() => _key.Dispose();

    internal byte[] Sign(ReadOnlySpan<byte> label, ReadOnlySpan<byte> message)
    {
        var signature = new byte[LabelledSignature.Length];
        LabelledSignature.Sign(_key, label, message, signature);
        return signature;
    }
}
