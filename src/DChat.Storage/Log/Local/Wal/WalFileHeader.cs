using System.Buffers.Binary;
using DChat.Core.Shards;

namespace DChat.Storage.Log.Local.Wal;

/// <summary>
/// What begins a WAL file: fields version (4), file number (4), log id (16), salt (8), number of the first frame (8).
/// </summary>
/// <param name="Log">The log the file belongs to.</param>
/// <param name="Number">The file's own number.</param>
/// <param name="Salt">
/// Drawn at random and repeated in every frame of the file. It never leaves the machine, so no message can carry bytes that
/// look like a frame.
/// </param>
/// <param name="FirstFrame">The number of the file's first frame.</param>
internal readonly record struct WalFileHeader(LogId Log, uint Number, ulong Salt, ulong FirstFrame)
{
    private const uint Magic = 0x4C574344; // "DCWL"
    private const uint Version = 1;

    /// <summary>Writes the block.</summary>
    public void Write(Span<byte> block)
    {
        block[..HeaderBlock.Length].Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(block[8..], Version);
        BinaryPrimitives.WriteUInt32LittleEndian(block[12..], Number);
        Log.Value.TryWriteBytes(block[16..]);
        BinaryPrimitives.WriteUInt64LittleEndian(block[32..], Salt);
        BinaryPrimitives.WriteUInt64LittleEndian(block[40..], FirstFrame);
        HeaderBlock.Seal(block, Magic);
    }

    /// <summary>Reads the block; false when it is damaged or of another version.</summary>
    public static bool TryRead(ReadOnlySpan<byte> block, out WalFileHeader header)
    {
        header = default;
        if (!HeaderBlock.IsValid(block, Magic) || BinaryPrimitives.ReadUInt32LittleEndian(block[8..]) != Version)
        {
            return false;
        }

        header = new WalFileHeader(
            new LogId(new Guid(block[16..32])),
            BinaryPrimitives.ReadUInt32LittleEndian(block[12..]),
            BinaryPrimitives.ReadUInt64LittleEndian(block[32..]),
            BinaryPrimitives.ReadUInt64LittleEndian(block[40..]));
        return true;
    }
}
