using System.Buffers.Binary;
using System.Text;
using DChat.Core.Envelopes;
using DChat.Core.Merkle;
using DChat.Core.Topics;

namespace DChat.Core.Segments;

/// <summary>
/// What begins the canonical file of a sealed segment, and says where everything in it is. Integers are big-endian:
/// <code>
/// header     64            magic "DCHATSG1" (8), network in ASCII, padded with zeros (32), epoch (8), shard (2), shard bits (1),
///                          retention class (1), count (4), bytes of all envelopes (8)
/// leaves     45 × count    by (HLC, MessageId); see SegmentLeaf
/// envelopes                back to back, in the same order
/// tiles                    of the RFC 6962 tree over the leaves; see TileLayout
/// trailer    40            root of the tree (32), magic again (8)
/// </code>
/// The same list gives the same bytes at every relay, whatever the order in which the messages came.
/// </summary>
/// <param name="Id">What the segment is of.</param>
/// <param name="Network">The network, 1 to 32 ASCII characters.</param>
/// <param name="ShardBits">The network's shard bits, 0 to <see cref="ShardId.MaxBits"/>.</param>
/// <param name="Count">How many messages, 1 to <see cref="MaxCount"/>.</param>
/// <param name="EnvelopeBytes">The bytes of all envelopes together.</param>
public sealed record SegmentHeader(SegmentId Id, string Network, int ShardBits, int Count, long EnvelopeBytes)
{
    /// <summary>The length of the header in bytes.</summary>
    public const int Length = 64;

    /// <summary>The length of the trailer in bytes.</summary>
    public const int TrailerLength = MerkleHash.Length + sizeof(ulong);

    /// <summary>The most messages of a segment: 2^22. What an epoch has beyond goes into the next.</summary>
    public const int MaxCount = 1 << 22;

    private const ulong Magic = 0x4443484154534731; // "DCHATSG1"
    private const int NetworkAt = 8;
    private const int MaxNetworkLength = 32;
    private const int EpochAt = NetworkAt + MaxNetworkLength;

    /// <summary>Where the leaves start.</summary>
    public static long LeavesAt => Length;

    /// <summary>Where the envelopes start.</summary>
    public long EnvelopesAt => LeavesAt + ((long)Count * SegmentLeaf.Length);

    /// <summary>Where the tiles start.</summary>
    public long TilesAt => EnvelopesAt + EnvelopeBytes;

    /// <summary>Where the trailer starts.</summary>
    public long TrailerAt => TilesAt + new TileLayout((ulong)Count).ByteLength;

    /// <summary>The length of the file in bytes.</summary>
    public long FileLength => TrailerAt + TrailerLength;

    /// <summary>Writes the header.</summary>
    /// <param name="header"><see cref="Length"/> bytes.</param>
    public void Write(Span<byte> header)
    {
        header[..Length].Clear();
        BinaryPrimitives.WriteUInt64BigEndian(header, Magic);
        Encoding.ASCII.GetBytes(Network, header.Slice(NetworkAt, MaxNetworkLength));
        BinaryPrimitives.WriteUInt64BigEndian(header[EpochAt..], Id.Epoch.Value);
        BinaryPrimitives.WriteUInt16BigEndian(header[(EpochAt + 8)..], Id.Shard.Value);
        header[EpochAt + 10] = (byte)ShardBits;
        header[EpochAt + 11] = (byte)Id.Class;
        BinaryPrimitives.WriteUInt32BigEndian(header[(EpochAt + 12)..], (uint)Count);
        BinaryPrimitives.WriteUInt64BigEndian(header[(EpochAt + 16)..], (ulong)EnvelopeBytes);
    }

    /// <summary>Reads a header; false unless it is what <see cref="Write"/> makes of values in their ranges.</summary>
    /// <param name="header">At least <see cref="Length"/> bytes.</param>
    /// <param name="read">The header.</param>
    public static bool TryRead(ReadOnlySpan<byte> header, out SegmentHeader read)
    {
        read = null!;
        if (header.Length < Length || BinaryPrimitives.ReadUInt64BigEndian(header) != Magic)
        {
            return false;
        }

        var count = BinaryPrimitives.ReadUInt32BigEndian(header[(EpochAt + 12)..]);
        var envelopeBytes = BinaryPrimitives.ReadUInt64BigEndian(header[(EpochAt + 16)..]);
        var (shardBits, retention) = (header[EpochAt + 10], (RetentionClass)header[EpochAt + 11]);
        var shard = BinaryPrimitives.ReadUInt16BigEndian(header[(EpochAt + 8)..]);
        if (count is 0 or > MaxCount || envelopeBytes < count || envelopeBytes > (ulong)count * EnvelopeLimits.MaxBytes
            || shardBits > ShardId.MaxBits || shard >> shardBits != 0 || !Enum.IsDefined(retention))
        {
            return false;
        }

        var network = Encoding.ASCII.GetString(header.Slice(NetworkAt, MaxNetworkLength)).TrimEnd('\0');
        var id = new SegmentId(new EpochId(BinaryPrimitives.ReadUInt64BigEndian(header[EpochAt..])), new ShardId(shard), retention);
        read = new SegmentHeader(id, network, shardBits, (int)count, (long)envelopeBytes);
        Span<byte> again = stackalloc byte[Length];
        read.Write(again);
        return network.Length > 0 && again.SequenceEqual(header[..Length]);
    }

    /// <summary>Writes the trailer.</summary>
    /// <param name="trailer"><see cref="TrailerLength"/> bytes.</param>
    /// <param name="root">The root of the tree.</param>
    public static void WriteTrailer(Span<byte> trailer, Bytes32 root)
    {
        root.CopyTo(trailer);
        BinaryPrimitives.WriteUInt64BigEndian(trailer[MerkleHash.Length..], Magic);
    }

    /// <summary>Reads a trailer; false when it is none.</summary>
    /// <param name="trailer"><see cref="TrailerLength"/> bytes.</param>
    /// <param name="root">The root of the tree, as the file says.</param>
    public static bool TryReadTrailer(ReadOnlySpan<byte> trailer, out Bytes32 root)
    {
        root = default;
        if (trailer.Length != TrailerLength || BinaryPrimitives.ReadUInt64BigEndian(trailer[MerkleHash.Length..]) != Magic)
        {
            return false;
        }

        root = new Bytes32(trailer[..MerkleHash.Length]);
        return true;
    }
}
