using System.Buffers.Binary;
using DChat.Core.Clocks;
using DChat.Core.Envelopes;
using DChat.Core.Topics;
using DChat.Core.Wire;

namespace DChat.Core.Shards;

/// <summary>
/// One message as a log keeps it, little-endian: CRC-32C of what follows (4), envelope length (2), shard (2), sequence (4), topic
/// sequence (4), HLC (8), class and door (1), MessageId (32), topic tag (16), envelope. It says all the index needs, so that recovery
/// never parses an envelope.
/// </summary>
public static class LogRecord
{
    /// <summary>Bytes before the envelope.</summary>
    public const int HeaderLength = 73;

    private const int IdAt = 25;
    private const int TopicAt = 57;

    /// <summary>Writes a record.</summary>
    /// <returns>Its length.</returns>
    public static int Write(Span<byte> destination, ShardId shard, ulong sequence, uint topicSequence, in IndexEntry entry, ReadOnlySpan<byte> envelope)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(destination[4..], (ushort)entry.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(destination[6..], shard.Value);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[8..], checked((uint)sequence));
        BinaryPrimitives.WriteUInt32LittleEndian(destination[12..], topicSequence);
        BinaryPrimitives.WriteUInt64LittleEndian(destination[16..], entry.Hlc.Value);
        destination[24] = new ClassAndDoor(entry.Class, entry.Door).Value;
        entry.Id.Value.CopyTo(destination[IdAt..]);
        entry.Topic.CopyTo(destination[TopicAt..]);
        envelope.CopyTo(destination[HeaderLength..]);
        var length = HeaderLength + envelope.Length;
        BinaryPrimitives.WriteUInt32LittleEndian(destination, Crc32C.Compute(destination[4..length]));
        return length;
    }

    /// <summary>Whether the bytes are one whole record as it was written.</summary>
    public static bool IsValid(ReadOnlySpan<byte> record) =>
        record.Length > HeaderLength
        && record.Length == HeaderLength + EnvelopeLength(record)
        && BinaryPrimitives.ReadUInt32LittleEndian(record) == Crc32C.Compute(record[4..]);

    /// <summary>The envelope length in bytes.</summary>
    public static int EnvelopeLength(ReadOnlySpan<byte> record) => BinaryPrimitives.ReadUInt16LittleEndian(record[4..]);

    /// <summary>The shard.</summary>
    public static ShardId Shard(ReadOnlySpan<byte> record) => new(BinaryPrimitives.ReadUInt16LittleEndian(record[6..]));

    /// <summary>The sequence in the shard.</summary>
    public static ulong Sequence(ReadOnlySpan<byte> record) => BinaryPrimitives.ReadUInt32LittleEndian(record[8..]);

    /// <summary>The sequence in the topic; 0 in a log that did not keep it, where these bytes were the sequence's upper half.</summary>
    public static uint TopicSequence(ReadOnlySpan<byte> record) => BinaryPrimitives.ReadUInt32LittleEndian(record[12..]);

    /// <summary>What the index remembers. Class and door may be unknown to this version.</summary>
    public static IndexEntry Entry(ReadOnlySpan<byte> record)
    {
        var classAndDoor = new ClassAndDoor(record[24]);
        return new IndexEntry(
            new MessageId(new Bytes32(record[IdAt..TopicAt])),
            new TopicTag(record[TopicAt..HeaderLength]),
            new HybridTimestamp(BinaryPrimitives.ReadUInt64LittleEndian(record[16..])),
            classAndDoor.Class,
            EnvelopeLength(record),
            classAndDoor.Door);
    }
}
