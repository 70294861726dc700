using System.Buffers.Binary;
using DChat.Core.Shards;
using DChat.Core.Topics;
using DChat.Core.Wire;

namespace DChat.Storage.Azure.Log;

/// <summary>
/// What begins a blob and what ends it, 64 bytes, little-endian: magic (4), CRC-32C of the bytes from 8 on (4), term (8), sequence (8),
/// log id (16), term of the next blob (8), number (4), number of the next blob (4), shard (2), kind (1), zeros (5). Shorter than any
/// record, and an end is the last of its blob, so the two are never confused.
/// </summary>
/// <param name="Log">The log.</param>
/// <param name="Blob">The blob that it stands in.</param>
/// <param name="Sequence">The sequence of the first message of this blob; in an end, of the next.</param>
/// <param name="Next">Which blob alone may follow; null in a beginning.</param>
internal sealed record BlobMark(LogId Log, BlobName Blob, ulong Sequence, BlobName? Next)
{
    /// <summary>The length in bytes.</summary>
    public const int Length = 64;

    private const uint Magic = 0x42414344; // "DCAB"
    private const int Fields = 8;
    private const int KindAt = 58;
    private const byte Begins = 1;
    private const byte Ends = 2;

    /// <summary>The mark as it stands in the blob.</summary>
    public byte[] ToBytes()
    {
        var bytes = new byte[Length];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, Magic);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(8), Blob.Term);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(16), Sequence);
        Log.Value.TryWriteBytes(bytes.AsSpan(24), bigEndian: true, out _);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(40), Next?.Term ?? 0);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(48), Blob.Number);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(52), Next?.Number ?? 0);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(56), Blob.Shard.Value);
        bytes[KindAt] = Next is null ? Begins : Ends;
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(4), Crc32C.Compute(bytes.AsSpan(Fields)));
        return bytes;
    }

    /// <summary>Reads a mark; null when the bytes do not start with a whole, undamaged one.</summary>
    public static BlobMark? Read(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < Length
            || BinaryPrimitives.ReadUInt32LittleEndian(bytes) != Magic
            || BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]) != Crc32C.Compute(bytes[Fields..Length])
            || bytes[KindAt] is not (Begins or Ends))
        {
            return null;
        }

        var shard = new ShardId(BinaryPrimitives.ReadUInt16LittleEndian(bytes[56..]));
        return new BlobMark(
            new LogId(new Guid(bytes[24..40], bigEndian: true)),
            new BlobName(shard, BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]), BinaryPrimitives.ReadUInt32LittleEndian(bytes[48..])),
            BinaryPrimitives.ReadUInt64LittleEndian(bytes[16..]),
            bytes[KindAt] == Begins
                ? null
                : new BlobName(shard, BinaryPrimitives.ReadUInt64LittleEndian(bytes[40..]), BinaryPrimitives.ReadUInt32LittleEndian(bytes[52..])));
    }
}
