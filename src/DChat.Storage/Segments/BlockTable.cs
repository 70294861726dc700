using DChat.Core.Wire;
using DChat.Storage.Files;

namespace DChat.Storage.Segments;

/// <summary>
/// Rows of one length in a file, read in blocks of <see cref="BlockRows"/>. What is kept in memory is a checksum of each block, and with
/// whoever owns the table the key of each block's first row.
/// </summary>
internal sealed class BlockTable(IReadFile file, string path, long offset, int rowLength, int count, uint[] checksums)
{
    /// <summary>Rows of a block.</summary>
    public const int BlockRows = 256;

    /// <summary>How many rows there are.</summary>
    public int Count => count;

    /// <summary>How many blocks so many rows take.</summary>
    public static int BlocksOf(int count) => (count + BlockRows - 1) / BlockRows;

    /// <summary>Checksums of the blocks of rows in memory.</summary>
    public static uint[] ChecksumsOf(ReadOnlySpan<byte> rows, int rowLength)
    {
        var checksums = new uint[BlocksOf(rows.Length / rowLength)];
        for (var i = 0; i < checksums.Length; i++)
        {
            var start = i * BlockRows * rowLength;
            checksums[i] = Checksum(rows[start..Math.Min(rows.Length, start + (BlockRows * rowLength))]);
        }

        return checksums;
    }

    /// <summary>Reads and checks a block.</summary>
    /// <exception cref="Core.DChatException">It is damaged or cannot be read.</exception>
    public Rows Block(int number)
    {
        var rows = Math.Min(BlockRows, count - (number * BlockRows));
        var bytes = GC.AllocateUninitializedArray<byte>(rows * rowLength);
        var at = offset + ((long)number * BlockRows * rowLength);
        int read;
        try
        {
            read = file.Read(bytes, at);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ObjectDisposedException)
        {
            throw SegmentErrors.Unreadable(path, at, e);
        }

        return read == bytes.Length && Checksum(bytes) == checksums[number]
            ? new Rows(bytes, rowLength, number * BlockRows)
            : throw SegmentErrors.Corrupt(path, at, "a block does not match its checksum");
    }

    /// <summary>The rows from one on, block by block.</summary>
    public IEnumerable<(int Number, ReadOnlyMemory<byte> Row)> From(int row)
    {
        while (row < count)
        {
            var block = Block(row / BlockRows);
            for (; row < block.End; row++)
            {
                yield return (row, block.Memory(row));
            }
        }
    }

    private static uint Checksum(ReadOnlySpan<byte> bytes) => Crc32C.Compute(bytes);

    /// <summary>The rows of a block.</summary>
    internal readonly struct Rows(byte[] bytes, int rowLength, int first)
    {
        /// <summary>The number of the first row.</summary>
        public int First => first;

        /// <summary>The number after that of the last.</summary>
        public int End => first + (bytes.Length / rowLength);

        /// <summary>A row by its number in the table.</summary>
        public ReadOnlySpan<byte> this[int row] => bytes.AsSpan((row - first) * rowLength, rowLength);

        /// <summary>A row by its number in the table.</summary>
        public ReadOnlyMemory<byte> Memory(int row) => bytes.AsMemory((row - first) * rowLength, rowLength);

        /// <summary>The number of the first row that a key does not stand after; <see cref="End"/> when there is none.</summary>
        /// <param name="isBefore">Whether a row stands before the key.</param>
        public int LowerBound(Func<ReadOnlySpan<byte>, bool> isBefore)
        {
            var (low, high) = (first, End);
            while (low < high)
            {
                var middle = (low + high) / 2;
                (low, high) = isBefore(this[middle]) ? (middle + 1, high) : (low, middle);
            }

            return low;
        }
    }
}
