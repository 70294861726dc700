using System.Diagnostics.CodeAnalysis;
using DChat.Libp2p.Multiformats;

namespace DChat.Libp2p.Identity;

/// <summary>
/// Names a peer: the multihash of its encoded public key (peer-ids.md). Keys of at most 42 encoded bytes are inlined
/// with the identity hash, longer ones are hashed with SHA2-256. Immutable; ordered by bytes.
/// </summary>
public sealed class PeerId : IEquatable<PeerId>, IComparable<PeerId>
{
    /// <summary>The longest encoded key that is inlined, in bytes.</summary>
    public const int MaxInlineKeyLength = 42;

    private const byte CidVersion1 = 0x01;
    private const byte Libp2pKeyCodec = 0x72;
    private readonly byte[] _multihash;
    private readonly int _hash;
    private string? _text;

    private PeerId(byte[] multihash)
    {
        _multihash = multihash;
        var hash = new HashCode();
        hash.AddBytes(multihash);
        _hash = hash.ToHashCode();
    }

    /// <summary>The multihash.</summary>
    public ReadOnlyMemory<byte> Bytes => _multihash;

    /// <summary>The peer of a public key.</summary>
    public static PeerId FromPublicKey(PublicKey key)
    {
        ArgumentNullException.ThrowIfNull(key);
        var encoded = key.Encode();
        return new PeerId(encoded.Length <= MaxInlineKeyLength ? Multihash.Encode(Multihash.IdentityCode, encoded) : Multihash.Sha256(encoded));
    }

    /// <summary>Reads a multihash that can name a peer.</summary>
    /// <exception cref="FormatException">It cannot.</exception>
    public static PeerId FromBytes(ReadOnlySpan<byte> multihash) =>
        TryFromBytes(multihash, out var peer) ? peer : throw new FormatException("Expected the multihash of a public key.");

    /// <summary>Reads a SHA2-256 multihash, or an identity multihash of a key; false for anything else.</summary>
    public static bool TryFromBytes(ReadOnlySpan<byte> multihash, [NotNullWhen(true)] out PeerId? peer)
    {
        peer = null;
        if (!Multihash.TryDecode(multihash, out var code, out var digest)
            || !(code == Multihash.Sha256Code || (code == Multihash.IdentityCode && digest.Length is > 0 and <= MaxInlineKeyLength)))
        {
            return false;
        }

        peer = new PeerId(multihash.ToArray());
        return true;
    }

    /// <summary>Parses either text form.</summary>
    /// <exception cref="FormatException"><paramref name="text"/> is neither.</exception>
    public static PeerId Parse(string text) =>
        TryParse(text, out var peer) ? peer : throw new FormatException($"'{text}' is not a peer id.");

    /// <summary>Parses base58btc of the multihash (<c>12D3Koo…</c>, <c>Qm…</c>) or a CIDv1 in base 32 (<c>bafz…</c>).</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out PeerId? peer)
    {
        ArgumentNullException.ThrowIfNull(text);
        peer = null;
        if (text.StartsWith('1') || text.StartsWith("Qm", StringComparison.Ordinal))
        {
            return Base58.TryDecode(text, out var multihash) && TryFromBytes(multihash, out peer);
        }

        return text.Length is > 1 and <= Base58.MaxTextLength && text[0] == 'b'
            && Base32Lower.TryDecode(text.AsSpan(1), out var cid)
            && cid is [CidVersion1, Libp2pKeyCodec, ..]
            && TryFromBytes(cid.AsSpan(2), out peer);
    }

    /// <summary>A new array of <see cref="Bytes"/>.</summary>
    public byte[] ToBytes() => _multihash.AsSpan().ToArray();

    /// <summary>The key, when it is inlined in the id, as those of Ed25519 are.</summary>
    public bool TryGetPublicKey([NotNullWhen(true)] out PublicKey? key)
    {
        key = null;
        return Multihash.TryDecode(_multihash, out var code, out var digest)
            && code == Multihash.IdentityCode
            && PublicKey.TryDecode(digest, out key);
    }

    /// <summary>The CIDv1 text form: <c>b</c> then base 32 of <c>01 72 ‖ multihash</c>.</summary>
    public string ToCid()
    {
        byte[] cid = [CidVersion1, Libp2pKeyCodec, .. _multihash];
        return "b" + Base32Lower.Encode(cid);
    }

    /// <inheritdoc/>
    public int CompareTo(PeerId? other) => other is null ? 1 : _multihash.AsSpan().SequenceCompareTo(other._multihash);

    /// <inheritdoc/>
    public bool Equals(PeerId? other) => ReferenceEquals(this, other)
        || (other is not null && _hash == other._hash && _multihash.AsSpan().SequenceEqual(other._multihash));

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as PeerId);

    /// <inheritdoc/>
    public override int GetHashCode() => _hash;

    /// <summary>The base58btc text form, which every libp2p prints.</summary>
    public override string ToString() => _text ??= Base58.Encode(_multihash);
}
