using System.Buffers.Binary;
using DChat.Core.Envelopes;

namespace DChat.Storage.Segments;

/// <summary>
/// What the side index knows of one message, 24 bytes: sequence (4), topic sequence (4), offset of the envelope with the door in the
/// upper byte (8), length of the envelope (4), its CRC-32C (4). Little-endian.
/// </summary>
internal readonly record struct SideRow(uint Sequence, uint TopicSequence, Door Door, long Offset, int Length, uint Checksum)
{
    public const int RowLength = 24;

    private const int DoorShift = 56;
    private const ulong OffsetMask = (1UL << DoorShift) - 1;

    public static uint SequenceOf(ReadOnlySpan<byte> row) => BinaryPrimitives.ReadUInt32LittleEndian(row);

    public static SideRow Read(ReadOnlySpan<byte> row)
    {
        var place = BinaryPrimitives.ReadUInt64LittleEndian(row[8..]);
        return new SideRow(
            SequenceOf(row),
            BinaryPrimitives.ReadUInt32LittleEndian(row[4..]),
            (Door)(place >> DoorShift),
            (long)(place & OffsetMask),
            BinaryPrimitives.ReadInt32LittleEndian(row[16..]),
            BinaryPrimitives.ReadUInt32LittleEndian(row[20..]));
    }

    public void Write(Span<byte> row)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(row, Sequence);
        BinaryPrimitives.WriteUInt32LittleEndian(row[4..], TopicSequence);
        BinaryPrimitives.WriteUInt64LittleEndian(row[8..], ((ulong)Door << DoorShift) | (ulong)Offset);
        BinaryPrimitives.WriteInt32LittleEndian(row[16..], Length);
        BinaryPrimitives.WriteUInt32LittleEndian(row[20..], Checksum);
    }
}
