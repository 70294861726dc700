using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace DChat.Core.Reconciliation;

/// <summary>
/// Tells of a key, such as a MessageId or a topic, that it certainly is not in a set, or may be: about one of a hundred that are
/// not passes. A split block Bloom filter (Putze, Sanders and Singler, "Cache-, Hash- and Space-Efficient Bloom Filters", 2007; the
/// form of Apache Parquet) with 10 bits a key. One that has been filled may be read by any thread.
/// </summary>
public sealed class SplitBlockFilter
{
    /// <summary>The bits that each message adds to the filter's size.</summary>
    public const int BitsPerMessage = 10;

    /// <summary>The filter grows by so many bytes.</summary>
    public const int BlockLength = WordsPerBlock * sizeof(uint);

    private const int WordsPerBlock = 8;

    private readonly SaltedHash _block;
    private readonly SaltedHash _bits;
    private readonly uint[] _words;

    /// <summary>An empty filter.</summary>
    /// <param name="salt">Drawn at random and told to nobody: senders choose MessageIds by trying, and could else make some that always pass.</param>
    /// <param name="capacity">For how many messages, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="capacity"/> is less than 1.</exception>
    public SplitBlockFilter(ulong salt, int capacity)
        : this(salt, new uint[LengthFor(capacity) / sizeof(uint)])
    {
    }

    /// <summary>A filter that was written down.</summary>
    /// <param name="salt">The salt it was made with.</param>
    /// <param name="bytes">What <see cref="CopyTo"/> wrote.</param>
    /// <exception cref="ArgumentException">The length is not a whole number of blocks, or none.</exception>
    public SplitBlockFilter(ulong salt, ReadOnlySpan<byte> bytes)
        : this(salt, ReadWords(bytes))
    {
    }

    private SplitBlockFilter(ulong salt, uint[] words)
    {
        (_block, _bits, _words) = (new SaltedHash(salt), new SaltedHash(~salt), words);
    }

    /// <summary>The filter's length in bytes, in memory and written down.</summary>
    public int ByteLength => _words.Length * sizeof(uint);

    /// <summary>The length in bytes of a filter for so many messages.</summary>
    public static int LengthFor(int capacity)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(capacity);
        return (int)((((long)capacity * BitsPerMessage) + (8 * BlockLength) - 1) / (8 * BlockLength)) * BlockLength;
    }

    /// <summary>Writes the filter down, <see cref="ByteLength"/> bytes.</summary>
    public void CopyTo(Span<byte> bytes)
    {
        for (var i = 0; i < _words.Length; i++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(bytes[(i * sizeof(uint))..], _words[i]);
        }
    }

    /// <summary>Adds a key.</summary>
    /// <typeparam name="T">A type of plain bytes, at most 32 and a multiple of four: an id, a topic.</typeparam>
    public void Add<T>(in T key)
        where T : unmanaged
    {
        var (block, bits) = Locate(key);
        for (var i = 0; i < WordsPerBlock; i++)
        {
            _words[block + i] |= BitOf(bits, i);
        }
    }

    /// <summary>False when the key certainly was not added.</summary>
    /// <typeparam name="T">As for <see cref="Add{T}"/>.</typeparam>
    public bool MayContain<T>(in T key)
        where T : unmanaged
    {
        var (block, bits) = Locate(key);
        for (var i = 0; i < WordsPerBlock; i++)
        {
            if ((_words[block + i] & BitOf(bits, i)) == 0)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Takes all keys out.</summary>
    public void Clear() => _words.AsSpan().Clear();

    private (int Block, uint Bits) Locate<T>(in T key)
        where T : unmanaged
    {
        var blocks = (uint)_words.Length / WordsPerBlock;
        return ((int)(((ulong)_block.Of(key) * blocks) >> 32) * WordsPerBlock, _bits.Of(key));
    }

    // One bit in each word, by the top five bits of a product with an odd constant: the ones of Parquet.
    private static uint BitOf(uint bits, int word) => 1u << (int)((bits * Multipliers[word]) >> 27);

    private static ReadOnlySpan<uint> Multipliers =>
        [0x47b6137b, 0x44974d91, 0x8824ad5b, 0xa2b7289d, 0x705495c7, 0x2df1424b, 0x9efc4947, 0x5c6bfb31];

    private static uint[] ReadWords(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length == 0 || bytes.Length % BlockLength != 0)
        {
            throw new ArgumentException($"A filter has a whole number of blocks of {BlockLength} bytes, but this has {bytes.Length} bytes.", nameof(bytes));
        }

        var words = MemoryMarshal.Cast<byte, uint>(bytes).ToArray();
        if (!BitConverter.IsLittleEndian)
        {
            BinaryPrimitives.ReverseEndianness(words, words);
        }

        return words;
    }
}
