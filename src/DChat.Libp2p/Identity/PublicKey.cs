using System.Diagnostics.CodeAnalysis;
using DChat.Libp2p.Wire;
using NSec.Cryptography;

namespace DChat.Libp2p.Identity;

/// <summary>
/// A peer's public key (peer-ids.md, "Keys"). Keys of every type have a peer id; only Ed25519 signatures verify here.
/// </summary>
public sealed class PublicKey : IEquatable<PublicKey>
{
    /// <summary>The longest key that is accepted, in bytes: RSA of 8192 bits fits.</summary>
    public const int MaxLength = 2048;

    private const int Ed25519Length = 32;
    private readonly byte[] _data;
    private readonly NSec.Cryptography.PublicKey? _verifier;

    private PublicKey(KeyType type, byte[] data, NSec.Cryptography.PublicKey? verifier)
    {
        Type = type;
        _data = data;
        _verifier = verifier;
        Peer = PeerId.FromPublicKey(this);
    }

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
    /// <exception cref="Libp2pException">The key is not Ed25519 (<see cref="Libp2pErrorCodes.UnsupportedKey"/>).</exception>
    public bool Verify(ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature) => _verifier is null
        ? throw new Libp2pException(Libp2pErrorCodes.UnsupportedKey, $"Signatures of {Type} keys cannot be verified.")
        : SignatureAlgorithm.Ed25519.Verify(_verifier, data, signature);

    /// <inheritdoc/>
    public bool Equals(PublicKey? other) => other is not null && Type == other.Type && _data.AsSpan().SequenceEqual(other._data);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as PublicKey);

    /// <inheritdoc/>
    public override int GetHashCode() => Peer.GetHashCode();

    private static bool TryCreate(KeyType type, ReadOnlySpan<byte> data, [NotNullWhen(true)] out PublicKey? key)
    {
        key = null;
        NSec.Cryptography.PublicKey? verifier = null;
        if (data.Length is 0 or > MaxLength
            || (type == KeyType.Ed25519 && (data.Length != Ed25519Length
                || !NSec.Cryptography.PublicKey.TryImport(SignatureAlgorithm.Ed25519, data, KeyBlobFormat.RawPublicKey, out verifier))))
        {
            return false;
        }

        key = new PublicKey(type, data.ToArray(), verifier);
        return true;
    }
}
