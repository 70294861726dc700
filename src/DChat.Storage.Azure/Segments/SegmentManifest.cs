using System.Collections.Immutable;
using DChat.Core;
using DChat.Core.Envelopes;
using DChat.Core.Segments;
using DChat.Core.Shards;
using DChat.Core.Topics;
using DChat.Core.Wire;
using DChat.Storage.Files;
using DChat.Storage.Segments;

namespace DChat.Storage.Azure.Segments;

/// <summary>
/// What a shard has sealed: only what its manifest names counts. Little-endian: magic (8), log id (16), owner (16), term (8), shard (4), the
/// sealing that wrote the heads of topics (term 8, number 4; zeros for none), count (4), then for each segment epoch (8), class (1), root
/// (32) and the sealing that wrote it (term 8, number 4); CRC-32C of all that (4).
/// </summary>
/// <param name="Log">The log whose sequences the segments tell of.</param>
/// <param name="Shard">The shard.</param>
/// <param name="Owner">Drawn by whoever opens the shard: no two owners write the same manifest, not even of one term.</param>
/// <param name="Term">The owner's term, from 1: that of its writer of the log.</param>
/// <param name="Heads">The sealing that wrote the heads of topics; null before the first.</param>
/// <param name="Segments">The segments.</param>
internal sealed record SegmentManifest(
    LogId Log, ShardId Shard, Guid Owner, ulong Term, UploadName? Heads, ImmutableArray<SegmentBlobName> Segments)
{
    /// <summary>The most segments of a shard: 2^20, which is ten years of hours.</summary>
    public const int MaxSegments = 1 << 20;

    /// <summary>The longest manifest in bytes.</summary>
    public const int MaxLength = FixedLength + (MaxSegments * RowLength) + sizeof(uint);

    private const ulong Magic = 0x314D475354414344; // "DCATSGM1"
    private const int GuidLength = 16;
    private const int UploadLength = sizeof(ulong) + sizeof(uint);
    private const int FixedLength = sizeof(ulong) + (2 * GuidLength) + sizeof(ulong) + sizeof(uint) + UploadLength + sizeof(uint);
    private const int RowLength = sizeof(ulong) + 1 + Bytes32.Length + UploadLength;

    /// <summary>The manifest as it stands in the blob.</summary>
    public byte[] ToBytes()
    {
        var bytes = new byte[FixedLength + (Segments.Length * RowLength) + sizeof(uint)];
        var writer = new LittleEndianWriter(bytes);
        writer.UInt64(Magic);
        Log.Value.TryWriteBytes(writer.Take(GuidLength));
        Owner.TryWriteBytes(writer.Take(GuidLength));
        writer.UInt64(Term);
        writer.UInt32(Shard.Value);
        Write(writer, Heads ?? default);
        writer.UInt32((uint)Segments.Length);
        foreach (var (name, upload) in Segments)
        {
            writer.UInt64(name.Id.Epoch.Value);
            writer.Take(1)[0] = (byte)name.Id.Class;
            name.Root.CopyTo(writer.Take(Bytes32.Length));
            Write(writer, upload);
        }

        writer.UInt32(Crc32C.Compute(bytes.AsSpan(0, bytes.Length - sizeof(uint))));
        return bytes;
    }

    /// <summary>Reads a manifest; null unless it is what <see cref="ToBytes"/> makes.</summary>
    public static SegmentManifest? Read(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < FixedLength + sizeof(uint) || bytes.Length > MaxLength
            || new LittleEndianReader(bytes[^sizeof(uint)..]).UInt32() != Crc32C.Compute(bytes[..^sizeof(uint)]))
        {
            return null;
        }

        var reader = new LittleEndianReader(bytes);
        if (reader.UInt64() != Magic)
        {
            return null;
        }

        var (log, owner) = (new LogId(new Guid(reader.Take(GuidLength))), new Guid(reader.Take(GuidLength)));
        var (term, number) = (reader.UInt64(), reader.UInt32());
        var heads = ReadUpload(ref reader);
        var count = reader.UInt32();
        if (number > ushort.MaxValue || bytes.Length != FixedLength + (count * (long)RowLength) + sizeof(uint))
        {
            return null;
        }

        var shard = new ShardId((ushort)number);
        var segments = ImmutableArray.CreateBuilder<SegmentBlobName>((int)count);
        for (var i = 0; i < count; i++)
        {
            var (epoch, retention) = (new EpochId(reader.UInt64()), (RetentionClass)reader.Take(1)[0]);
            var root = new Bytes32(reader.Take(Bytes32.Length));
            segments.Add(new SegmentBlobName(new SegmentName(new SegmentId(epoch, shard, retention), root), ReadUpload(ref reader)));
        }

        return new SegmentManifest(log, shard, owner, term, heads.Term == 0 ? null : heads, segments.MoveToImmutable());
    }

    private static void Write(LittleEndianWriter writer, UploadName upload)
    {
        writer.UInt64(upload.Term);
        writer.UInt32(upload.Number);
    }

    private static UploadName ReadUpload(ref LittleEndianReader reader) => new(reader.UInt64(), reader.UInt32());
}
