using System.Buffers.Binary;
using DChat.Core.Wire;

namespace DChat.Storage.Log.Local.Wal;

/// <summary>
/// The 64 bytes that begin a WAL file and each of its frames: magic (4), CRC-32C of the bytes from 8 on (4), fields, and
/// 0xFF as the last byte. Aligned to 64, so it never straddles two disk sectors: after a crash it is there or it is zero.
/// All integers are little-endian.
/// </summary>
internal static class HeaderBlock
{
    /// <summary>The length in bytes, and the alignment.</summary>
    public const int Length = 64;

    /// <summary>Where the fields begin.</summary>
    public const int Fields = 8;

    /// <summary>What ends a header and a frame: not zero, so that its absence shows, and no single flipped bit makes it zero.</summary>
    public const byte End = 0xFF;

    /// <summary>Completes a block whose fields are written.</summary>
    public static void Seal(Span<byte> block, uint magic)
    {
        block[Length - 1] = End;
        BinaryPrimitives.WriteUInt32LittleEndian(block, magic);
        BinaryPrimitives.WriteUInt32LittleEndian(block[4..], Crc32C.Compute(block[Fields..Length]));
    }

    /// <summary>Whether this is a whole, undamaged block of the kind.</summary>
    public static bool IsValid(ReadOnlySpan<byte> block, uint magic) =>
        block.Length >= Length
        && BinaryPrimitives.ReadUInt32LittleEndian(block) == magic
        && BinaryPrimitives.ReadUInt32LittleEndian(block[4..]) == Crc32C.Compute(block[Fields..Length]);
}
