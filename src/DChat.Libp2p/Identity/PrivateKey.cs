using System.Diagnostics.CodeAnalysis;
using DChat.Libp2p.Wire;
using NSec.Cryptography;

namespace DChat.Libp2p.Identity;

/// <summary>An Ed25519 identity key. Keep the bytes of <see cref="Encode"/> to be the same peer after a restart.</summary>
public sealed class PrivateKey : IDisposable
{
    /// <summary>The length of the seed in bytes.</summary>
    public const int SeedLength = 32;

    private const int EncodedLength = 68;
    private readonly Key _key;

    private PrivateKey(Key key)
    {
        _key = key;
        PublicKey = PublicKey.FromEd25519(key.PublicKey.Export(KeyBlobFormat.RawPublicKey));
    }

    /// <summary>The other half.</summary>
    public PublicKey PublicKey { get; }

    /// <summary>The peer this key is.</summary>
    public PeerId Peer => PublicKey.Peer;

    /// <summary>A new key from the operating system's randomness.</summary>
    public static PrivateKey Generate() => new(Key.Create(SignatureAlgorithm.Ed25519, Exportable()));

    /// <summary>The key of a 32-byte seed.</summary>
    /// <exception cref="ArgumentException"><paramref name="seed"/> is not 32 bytes.</exception>
    public static PrivateKey FromSeed(ReadOnlySpan<byte> seed) => seed.Length == SeedLength
        ? new(Key.Import(SignatureAlgorithm.Ed25519, seed, KeyBlobFormat.RawPrivateKey, Exportable()))
        : throw new ArgumentException($"Expected {SeedLength} bytes.", nameof(seed));

    /// <summary>
    /// Decodes <c>08 01 12 40 ‖ seed ‖ public key</c> (peer-ids.md); false for anything else, other key types and a
    /// public key that is not the seed's.
    /// </summary>
    public static bool TryDecode(ReadOnlySpan<byte> protobuf, [NotNullWhen(true)] out PrivateKey? key)
    {
        key = null;
        if (protobuf.Length != EncodedLength || !protobuf.StartsWith((ReadOnlySpan<byte>)[0x08, 0x01, 0x12, 0x40]))
        {
            return false;
        }

        var candidate = FromSeed(protobuf.Slice(4, SeedLength));
        if (!candidate.PublicKey.Data.Span.SequenceEqual(protobuf[36..]))
        {
            candidate.Dispose();
            return false;
        }

        key = candidate;
        return true;
    }

    /// <summary><c>08 01 12 40 ‖ seed ‖ public key</c>. A secret: store it as one.</summary>
    public byte[] Encode()
    {
        byte[] data = [.. _key.Export(KeyBlobFormat.RawPrivateKey), .. PublicKey.Data.Span];
        return new ProtobufWriter().Varint(1, (ulong)KeyType.Ed25519).Bytes(2, data).ToArray();
    }

    /// <summary>The 64-byte signature over <paramref name="data"/>.</summary>
    public byte[] Sign(ReadOnlySpan<byte> data) => SignatureAlgorithm.Ed25519.Sign(_key, data);

    /// <summary>Wipes the key.</summary>
    public void Dispose() => _key.Dispose();

    private static KeyCreationParameters Exportable() => new() { ExportPolicy = KeyExportPolicies.AllowPlaintextExport };
}
