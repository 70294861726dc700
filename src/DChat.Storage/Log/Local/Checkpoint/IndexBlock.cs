using System.Buffers.Binary;
using DChat.Core;
using DChat.Core.Clocks;
using DChat.Core.Envelopes;
using DChat.Core.Shards;
using DChat.Core.Topics;
using DChat.Core.Wire;
using DChat.Storage.Log.Local.Wal;

namespace DChat.Storage.Log.Local.Checkpoint;

/// <summary>
/// A block of the index file: magic (4), CRC-32C of what follows (4), log id (16), shard (4), count (4), first sequence (8),
/// then the entries, 71 bytes each: MessageId (32), topic tag (16), HLC (8), location (8), length (2), class and door (1), topic sequence (4). A block
/// with the shard 0xFFFFFFFF is a commit: it says how much of the WAL the blocks before it cover, in place of an entry.
/// </summary>
internal static class IndexBlock
{
    /// <summary>Bytes before the entries.</summary>
    public const int HeaderLength = 40;

    /// <summary>Bytes of an entry.</summary>
    public const int EntryLength = 71;

    /// <summary>The most entries in a block.</summary>
    public const int MaxCount = 1024;

    /// <summary>The longest block in bytes.</summary>
    public const int MaxLength = HeaderLength + (MaxCount * EntryLength);

    /// <summary>The bytes of a commit.</summary>
    public const int CommitLength = HeaderLength + EntryLength;

    private const int LocationAt = 56;
    private const int TopicSequenceAt = 67;
    private const uint Magic = 0x32494344; // "DCI2"
    private const uint CommitShard = uint.MaxValue;

    /// <summary>Writes entries of one shard.</summary>
    /// <returns>The length of the block.</returns>
    public static int WriteEntries(Span<byte> block, LogId log, ShardId shard, IReadOnlyList<LoggedMessage> messages, int from, IndexExtent extent)
    {
        for (var i = 0; i < extent.Count; i++)
        {
            WriteEntry(block.Slice(HeaderLength + (i * EntryLength), EntryLength), messages[from + i]);
        }

        return Seal(block, log, shard.Value, extent.Count, extent.FirstSequence);
    }

    /// <summary>Writes a commit.</summary>
    /// <returns>The length of the block.</returns>
    public static int WriteCommit(Span<byte> block, LogId log, WalCursor covered)
    {
        var body = block.Slice(HeaderLength, EntryLength);
        body.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(body, covered.Position.File);
        BinaryPrimitives.WriteInt64LittleEndian(body[4..], covered.Position.Offset);
        BinaryPrimitives.WriteUInt64LittleEndian(body[12..], covered.NextFrame);
        return Seal(block, log, CommitShard, 1, 0);
    }

    /// <summary>The length of the whole, undamaged block that starts the bytes; 0 when none does.</summary>
    public static int Check(ReadOnlySpan<byte> bytes, LogId log) =>
        LengthOf(bytes, log) is var length && length > 0 && IsValid(bytes[..length]) ? length : 0;

    /// <summary>Whether the checksum of a block is that of its bytes.</summary>
    public static bool IsValid(ReadOnlySpan<byte> block) => BinaryPrimitives.ReadUInt32LittleEndian(block[4..]) == Crc32C.Compute(block[8..]);

    /// <summary>The length of the whole block that starts the bytes, by its header, which may be damaged; 0 when none does.</summary>
    public static int LengthOf(ReadOnlySpan<byte> bytes, LogId log)
    {
        if (bytes.Length < HeaderLength || BinaryPrimitives.ReadUInt32LittleEndian(bytes) != Magic || new Guid(bytes[8..24]) != log.Value)
        {
            return 0;
        }

        var count = Count(bytes);
        var length = HeaderLength + (count * EntryLength);
        return count is > 0 and <= MaxCount && length <= bytes.Length ? length : 0;
    }

    /// <summary>What a commit covers; null for a block of entries.</summary>
    public static WalCursor? Commit(ReadOnlySpan<byte> block)
    {
        var body = block[HeaderLength..];
        return Shard(block) != CommitShard
            ? null
            : new WalCursor(
                new WalPosition(BinaryPrimitives.ReadUInt32LittleEndian(body), BinaryPrimitives.ReadInt64LittleEndian(body[4..])),
                BinaryPrimitives.ReadUInt64LittleEndian(body[12..]));
    }

    /// <summary>The shard of a block of entries.</summary>
    public static uint Shard(ReadOnlySpan<byte> block) => BinaryPrimitives.ReadUInt32LittleEndian(block[24..]);

    /// <summary>How many entries the block has.</summary>
    public static int Count(ReadOnlySpan<byte> block) => BinaryPrimitives.ReadInt32LittleEndian(block[28..]);

    /// <summary>The sequence of the first entry.</summary>
    public static ulong FirstSequence(ReadOnlySpan<byte> block) => BinaryPrimitives.ReadUInt64LittleEndian(block[32..]);

    /// <summary>The files in which the messages of a block are, in order, and the sequence of the last message in each.</summary>
    public static (uint File, ulong Last)[] Files(ReadOnlySpan<byte> block)
    {
        List<(uint File, ulong Last)> files = [];
        for (var i = 0; i < Count(block); i++)
        {
            var file = WalPosition.FromLocation(BinaryPrimitives.ReadUInt64LittleEndian(block[(HeaderLength + (i * EntryLength) + LocationAt)..])).File;
            var last = FirstSequence(block) + (ulong)i;
            if (files.Count > 0 && files[^1].File == file)
            {
                files[^1] = (file, last);
            }
            else
            {
                files.Add((file, last));
            }
        }

        return [.. files];
    }

    /// <summary>A message of a block.</summary>
    public static LoggedMessage Entry(ReadOnlySpan<byte> block, int number)
    {
        var bytes = block.Slice(HeaderLength + (number * EntryLength), EntryLength);
        var classAndDoor = new ClassAndDoor(bytes[66]);
        var entry = new IndexEntry(
            new MessageId(new Bytes32(bytes[..32])),
            new TopicTag(bytes[32..48]),
            new HybridTimestamp(BinaryPrimitives.ReadUInt64LittleEndian(bytes[48..])),
            classAndDoor.Class,
            BinaryPrimitives.ReadUInt16LittleEndian(bytes[64..]),
            classAndDoor.Door);
        return new LoggedMessage(entry, BinaryPrimitives.ReadUInt32LittleEndian(bytes[TopicSequenceAt..]), BinaryPrimitives.ReadUInt64LittleEndian(bytes[LocationAt..]));
    }

    private static void WriteEntry(Span<byte> bytes, in LoggedMessage message)
    {
        message.Entry.Id.Value.CopyTo(bytes);
        message.Entry.Topic.CopyTo(bytes[32..]);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[48..], message.Entry.Hlc.Value);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[LocationAt..], message.Location);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[64..], (ushort)message.Entry.Length);
        bytes[66] = new ClassAndDoor(message.Entry.Class, message.Entry.Door).Value;
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[TopicSequenceAt..], message.TopicSequence);
    }

    private static int Seal(Span<byte> block, LogId log, uint shard, int count, ulong firstSequence)
    {
        var length = HeaderLength + (count * EntryLength);
        BinaryPrimitives.WriteUInt32LittleEndian(block, Magic);
        log.Value.TryWriteBytes(block[8..]);
        BinaryPrimitives.WriteUInt32LittleEndian(block[24..], shard);
        BinaryPrimitives.WriteInt32LittleEndian(block[28..], count);
        BinaryPrimitives.WriteUInt64LittleEndian(block[32..], firstSequence);
        BinaryPrimitives.WriteUInt32LittleEndian(block[4..], Crc32C.Compute(block[8..length]));
        return length;
    }
}
