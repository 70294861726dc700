using System.Diagnostics.CodeAnalysis;
using DChat.Libp2p.Wire;
using NSec.Cryptography;

namespace DChat.Libp2p.Identity;

/// <summary>
/// A peer's public key (peer-ids.md, "Keys"): Ed25519, RSA of 2,048 to 8,192 bits, ECDSA over P-256, or secp256k1.
/// </summary>
public sealed class PublicKey : IEquatable<PublicKey>
{
    private readonly byte[] _data;
    private readonly Verifier _verify;

    private PublicKey(KeyType type, byte[] data, Verifier verify)
    {
        Type = type;
        _data = data;
        _verify = verify;
        Peer = PeerId.FromPublicKey(this);
    }

    private delegate bool Verifier(ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature);

    /// <summary>The algorithm.</summary>
    public KeyType Type { get; }

    /// <summary>The key in the form of its <see cref="Type"/>.</summary>
    public ReadOnlyMemory<byte> Data => _data;

    /// <summary>The peer this key names.</summary>
    public PeerId Peer { get; }

    /// <summary>An Ed25519 key.</summary>
    /// <exception cref="ArgumentException"><paramref name="data"/> is not 32 bytes of an Ed25519 key.</exception>
    public static PublicKey FromEd25519(ReadOnlySpan<byte> data) =>
        TryCreate(KeyType.Ed25519, data, out var key) ? key : throw new ArgumentException("Expected 32 bytes of an Ed25519 key.", nameof(data));

    /// <summary>Decodes <c>{1: KeyType, 2: bytes}</c>; false for anything that is not a key of a known type.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> protobuf, [NotNullWhen(true)] out PublicKey? key)
    {
        key = null;
        ulong type = 0;
        ReadOnlySpan<byte> data = default;
        var reader = new ProtobufReader(protobuf);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1 when !reader.IsBytes:
                    type = reader.Number;
                    break;
                case 2 when reader.IsBytes:
                    data = reader.Bytes;
                    break;
            }
        }

        return !reader.IsMalformed && type <= (ulong)KeyType.Ecdsa && TryCreate((KeyType)type, data, out key);
    }

    /// <summary>
    /// <c>{1: KeyType, 2: bytes}</c>, both fields always written, in order: for Ed25519 <c>08 01 12 20 ‖ 32 bytes</c>.
    /// </summary>
    public byte[] Encode() => new ProtobufWriter().Varint(1, (ulong)Type).Bytes(2, _data).ToArray();

    /// <summary>Whether <paramref name="signature"/> is this key's over <paramref name="data"/>.</summary>
    public bool Verify(ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature) => _verify(data, signature);

    /// <inheritdoc/>
    public bool Equals(PublicKey? other) => other is not null && Type == other.Type && _data.AsSpan().SequenceEqual(other._data);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as PublicKey);

    /// <inheritdoc/>
    public override int GetHashCode() => Peer.GetHashCode();

    private static bool TryCreate(KeyType type, ReadOnlySpan<byte> data, [NotNullWhen(true)] out PublicKey? key)
    {
        key = VerifierOf(type, data) is { } verify ? new PublicKey(type, data.ToArray(), verify) : null;
        return key is not null;
    }

    private static Verifier? VerifierOf(KeyType type, ReadOnlySpan<byte> data)
    {
        switch (type)
        {
            case KeyType.Ed25519:
                return NSec.Cryptography.PublicKey.TryImport(SignatureAlgorithm.Ed25519, data, KeyBlobFormat.RawPublicKey, out var ed25519)
                    ? (signed, signature) => SignatureAlgorithm.Ed25519.Verify(ed25519!, signed, signature)
                    : null;
            case KeyType.Rsa:
                return RsaKey.TryRead(data) is { } rsa ? rsa.Verify : null;
            case KeyType.Secp256k1:
                return Secp256k1Key.TryRead(data) is { } secp256k1 ? secp256k1.Verify : null;
            default:
                return EcdsaKey.TryRead(data) is { } ecdsa ? ecdsa.Verify : null;
        }
    }
}
