using System.Numerics;
using DChat.Core.Wire;

namespace DChat.Storage.Log.Local.Wal;

/// <summary>Collects the batches of one group and makes a frame of them. Reused from group to group.</summary>
internal sealed class FrameBuffer
{
    /// <summary>The disk's unit of writing that is all or nothing.</summary>
    public const int SectorLength = 512;

    private const int FirstLength = 64 * 1024;

    private byte[] _bytes = new byte[FirstLength];
    private int _used = HeaderBlock.Length;
    private int _records;

    /// <summary>The length of the frame as it stands.</summary>
    public int Length => (_used + 1 + HeaderBlock.Length - 1) / HeaderBlock.Length * HeaderBlock.Length;

    /// <summary>How many records it holds.</summary>
    public int Records => _records;

    /// <summary>Whether records of this length fit, with the byte that ends the frame.</summary>
    public bool HasRoom(int length) => length < FrameHeader.MaxLength - _used;

    /// <summary>Makes room for a batch of whole records that fits. The caller fills all of it before it adds more.</summary>
    /// <param name="length">The length of the records together.</param>
    /// <param name="count">How many.</param>
    /// <param name="offset">Where in the frame the first of them starts.</param>
    /// <returns>Where to write them; may hold bytes of a former frame.</returns>
    public Span<byte> Add(int length, int count, out int offset)
    {
        offset = _used;
        _used += length;
        if (Length > _bytes.Length)
        {
            Array.Resize(ref _bytes, (int)BitOperations.RoundUpToPowerOf2((uint)Length));
        }

        _records += count;
        return _bytes.AsSpan(offset, length);
    }

    /// <summary>Completes the frame for the place it will be written to.</summary>
    /// <param name="offset">Its offset in the file.</param>
    /// <param name="salt">The salt of the file.</param>
    /// <param name="number">Its number.</param>
    public ReadOnlySpan<byte> Seal(long offset, ulong salt, ulong number)
    {
        var frame = _bytes.AsSpan(0, Length);
        frame[_used..^1].Clear();
        frame[^1] = HeaderBlock.End;
        var crc = Crc32C.Compute(frame[HeaderBlock.Length..]);
        new FrameHeader(salt, number, frame.Length, crc, _records, CountZeroSectors(frame, offset)).Write(frame);
        return frame;
    }

    /// <summary>Empties the buffer.</summary>
    public void Clear()
    {
        _used = HeaderBlock.Length;
        _records = 0;
    }

    /// <summary>
    /// How many whole sectors of the file within the frame are zero. The first and the last cannot be: they hold the header
    /// and the end. More of them than the header says means that some were never written.
    /// </summary>
    public static int CountZeroSectors(ReadOnlySpan<byte> frame, long offset)
    {
        var count = 0;
        for (var at = (int)(-offset & (SectorLength - 1)); at + SectorLength <= frame.Length; at += SectorLength)
        {
            if (!frame.Slice(at, SectorLength).ContainsAnyExcept((byte)0))
            {
                count++;
            }
        }

        return count;
    }
}
