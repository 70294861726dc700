using System.Security.Cryptography;
using DChat.Core.Keys;
using DChat.Core.Statements;
using DChat.Core.Topics;
using NSec.Cryptography;

namespace DChat.Core.Identity;

/// <summary>
/// A device's Ed25519 private key, from which the author keys of all its topics are derived. Thread-safe until disposed.
/// </summary>
public sealed class DeviceSecret : IDisposable
{
    /// <summary>The length of a seed in bytes.</summary>
    public const int SeedLength = SigningKey.SeedLength;

    private readonly SigningKey _key;

    private DeviceSecret(SigningKey key)
    {
        _key = key;
        PublicKey = new DeviceKey(key.PublicKey);
        using var box = DeriveBoxKey();
        Box = new BoxKey(new Bytes32(box.PublicKey.Export(KeyBlobFormat.RawPublicKey)));
    }

    /// <summary>The public half, which names the device.</summary>
    public DeviceKey PublicKey { get; }

    /// <summary>The public half of the X25519 key that is derived from the device key: what other devices of an identity seal states to.</summary>
    public BoxKey Box { get; }

    /// <summary>Draws a new device key from the operating system's randomness.</summary>
    public static DeviceSecret Generate() => new(SigningKey.Generate());

    /// <summary>Restores a device key.</summary>
    /// <param name="seed32">The 32-byte RFC 8032 seed, as <see cref="ExportSeed"/> returns it.</param>
    /// <exception cref="ArgumentException"><paramref name="seed32"/> is not 32 bytes long.</exception>
    public static DeviceSecret FromSeed(ReadOnlySpan<byte> seed32) => new(SigningKey.FromSeed(seed32));

    /// <summary>The 32-byte seed. Whoever holds it is the device: store it accordingly and clear the array after use.</summary>
    /// <exception cref="ObjectDisposedException">The secret is disposed.</exception>
    public byte[] ExportSeed() => _key.ExportSeed();

    /// <inheritdoc/>
    public void Dispose() => _key.Dispose();

    internal SigningKey SigningKey => _key;

    /// <summary>Signs a statement of the device key.</summary>
    internal Signed<T> Sign<T>(string network, T statement)
        where T : class, IStatement<T> => Signed<T>.Sign(network, statement, _key);

    internal void Sign(ReadOnlySpan<byte> label, ReadOnlySpan<byte> message, Span<byte> signature) =>
        _key.Sign(label, message, signature);

    /// <summary>The X25519 key of the device; the caller disposes it.</summary>
    internal Key DeriveBoxKey()
    {
        Span<byte> box = stackalloc byte[KeyDerivation.KeyLength];
        var deviceSeed = ExportSeed();
        KeyDerivation.Derive(deviceSeed, KeyLabels.DeviceBoxKey, [], box);
        CryptographicOperations.ZeroMemory(deviceSeed);
        var key = Key.Import(KeyAgreementAlgorithm.X25519, box, KeyBlobFormat.RawPrivateKey);
        CryptographicOperations.ZeroMemory(box);
        return key;
    }

    /// <summary>The seed of the key pair under which the device writes to a topic; the caller clears it after use.</summary>
    internal byte[] DeriveAuthorSeed(TopicTag topic, uint keyGeneration)
    {
        Span<byte> context = stackalloc byte[AuthorContext.GenerationLength];
        AuthorContext.WriteGeneration(context, topic, keyGeneration);

        var authorSeed = new byte[SeedLength];
        var deviceSeed = ExportSeed();
        KeyDerivation.Derive(deviceSeed, KeyLabels.AuthorSeed, context, authorSeed);
        CryptographicOperations.ZeroMemory(deviceSeed);
        return authorSeed;
    }
}
