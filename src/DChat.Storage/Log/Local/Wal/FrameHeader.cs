using System.Buffers.Binary;
using DChat.Core.Wire;

namespace DChat.Storage.Log.Local.Wal;

/// <summary>
/// What begins a frame, the unit of a group commit: fields salt (8), frame number (8), frame length (4), CRC-32C of what
/// follows the header (4), records (4), zero sectors (4). After the header come the records, zeros, and at the end of the
/// frame, a multiple of 64 bytes, 0xFF.
/// </summary>
/// <param name="Salt">The salt of the file.</param>
/// <param name="Number">From 1, one more with each frame of the log.</param>
/// <param name="Length">Bytes, header and end included.</param>
/// <param name="Crc">The checksum of the frame without its header.</param>
/// <param name="Records">How many records.</param>
/// <param name="ZeroSectors">How many 512-byte sectors of the file within the frame hold nothing but zeros by right.</param>
internal readonly record struct FrameHeader(ulong Salt, ulong Number, int Length, uint Crc, int Records, int ZeroSectors)
{
    /// <summary>The longest frame: 8 MiB.</summary>
    public const int MaxLength = 8 << 20;

    private const uint Magic = 0x46574344; // "DCWF"

    /// <summary>Writes the block.</summary>
    public void Write(Span<byte> block)
    {
        block[..HeaderBlock.Length].Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(block[8..], Salt);
        BinaryPrimitives.WriteUInt64LittleEndian(block[16..], Number);
        BinaryPrimitives.WriteInt32LittleEndian(block[24..], Length);
        BinaryPrimitives.WriteUInt32LittleEndian(block[28..], Crc);
        BinaryPrimitives.WriteInt32LittleEndian(block[32..], Records);
        BinaryPrimitives.WriteInt32LittleEndian(block[36..], ZeroSectors);
        HeaderBlock.Seal(block, Magic);
    }

    /// <summary>Reads the block; false when it is damaged or was not written to this file.</summary>
    public static bool TryRead(ReadOnlySpan<byte> block, ulong salt, out FrameHeader header)
    {
        header = default;
        if (!HeaderBlock.IsValid(block, Magic) || BinaryPrimitives.ReadUInt64LittleEndian(block[8..]) != salt)
        {
            return false;
        }

        header = new FrameHeader(
            salt,
            BinaryPrimitives.ReadUInt64LittleEndian(block[16..]),
            BinaryPrimitives.ReadInt32LittleEndian(block[24..]),
            BinaryPrimitives.ReadUInt32LittleEndian(block[28..]),
            BinaryPrimitives.ReadInt32LittleEndian(block[32..]),
            BinaryPrimitives.ReadInt32LittleEndian(block[36..]));
        return header.Length is > HeaderBlock.Length and <= MaxLength && header.Length % HeaderBlock.Length == 0;
    }

    /// <summary>Whether the whole frame, header included, is what was written.</summary>
    public bool Matches(ReadOnlySpan<byte> frame) =>
        frame.Length == Length && frame[^1] == HeaderBlock.End && Crc32C.Compute(frame[HeaderBlock.Length..]) == Crc;
}
