using System.Buffers.Binary;
using System.Numerics;
using System.Security.Cryptography;
using DChat.Libp2p.Identity;

namespace DChat.Libp2p.Protocols.Kad.Routing;

/// <summary>
/// A place in the key space: SHA-256 of a key, or of the multihash of a peer. The distance of two places is their XOR
/// (kad-dht/README.md, "Distance").
/// </summary>
internal readonly record struct KadId(ulong First, ulong Second, ulong Third, ulong Fourth)
{
    /// <summary>Bits of a place.</summary>
    internal const int Bits = 256;

    internal static KadId Of(ReadOnlySpan<byte> key)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(key, hash);
        return new KadId(
            BinaryPrimitives.ReadUInt64BigEndian(hash),
            BinaryPrimitives.ReadUInt64BigEndian(hash[8..]),
            BinaryPrimitives.ReadUInt64BigEndian(hash[16..]),
            BinaryPrimitives.ReadUInt64BigEndian(hash[24..]));
    }

    internal static KadId Of(PeerId peer) => Of(peer.Bytes.Span);

    /// <summary>Leading bits that two places share, 0 to 256.</summary>
    internal int CommonPrefix(KadId other) =>
        First != other.First ? BitOperations.LeadingZeroCount(First ^ other.First)
        : Second != other.Second ? 64 + BitOperations.LeadingZeroCount(Second ^ other.Second)
        : Third != other.Third ? 128 + BitOperations.LeadingZeroCount(Third ^ other.Third)
        : 192 + BitOperations.LeadingZeroCount(Fourth ^ other.Fourth);

    /// <summary>Which of two places is nearer to this one: below 0 when <paramref name="a"/> is.</summary>
    internal int CompareDistance(KadId a, KadId b) =>
        a.First != b.First ? (a.First ^ First).CompareTo(b.First ^ First)
        : a.Second != b.Second ? (a.Second ^ Second).CompareTo(b.Second ^ Second)
        : a.Third != b.Third ? (a.Third ^ Third).CompareTo(b.Third ^ Third)
        : (a.Fourth ^ Fourth).CompareTo(b.Fourth ^ Fourth);
}
