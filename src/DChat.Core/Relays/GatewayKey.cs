using DChat.Core.Keys;
using NSec.Cryptography;

namespace DChat.Core.Relays;

/// <summary>
/// The Ed25519 key pair of a gateway, the same that its libp2p identity is made of. It signs what the gateway promises for
/// its relay. Thread-safe until disposed.
/// </summary>
public sealed class GatewayKey : IDisposable
{
    private readonly Key _key;

    private GatewayKey(Key key)
    {
        _key = key;
        PublicKey = key.PublicKey.ToBytes32();
    }

    /// <summary>The 32 bytes of the public key.</summary>
    public Bytes32 PublicKey { get; }

    /// <summary>Makes the key pair of a seed.</summary>
    /// <param name="seed32">The 32-byte RFC 8032 seed.</param>
    /// <exception cref="ArgumentException"><paramref name="seed32"/> is not 32 bytes long.</exception>
    public static GatewayKey FromSeed(ReadOnlySpan<byte> seed32) => seed32.Length == Bytes32.Length
        ? new GatewayKey(Ed25519Keys.ImportSeed(seed32))
        : throw new ArgumentException($"A seed has {Bytes32.Length} bytes, got {seed32.Length}.", nameof(seed32));

    /// <inheritdoc/>
    public void Dispose() => _key.Dispose();

    internal byte[] Sign(ReadOnlySpan<byte> label, ReadOnlySpan<byte> message)
    {
        var signature = new byte[LabelledSignature.Length];
        LabelledSignature.Sign(_key, label, message, signature);
        return signature;
    }
}
