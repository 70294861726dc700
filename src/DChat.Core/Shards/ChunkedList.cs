namespace DChat.Core.Shards;

/// <summary>
/// A list that only grows, in chunks that are never moved once full, so growing copies at most one chunk and a reader
/// may keep reading while the one writer appends. A reader may touch an element only after it has learned, through a
/// release by the writer, that the element is there.
/// </summary>
internal sealed class ChunkedList<T>
    where T : notnull
{
    private const int ChunkBits = 12;
    private const int ChunkLength = 1 << ChunkBits;
    private const int FirstLength = 16;

    // Only the first chunk grows by copying, so that a small shard is small; a reader of the old copy sees the same values.
    private T[][] _chunks = [];
    private uint _count;

    /// <summary>The number of elements; the writer's own view.</summary>
    public uint Count => _count;

    /// <summary>The bytes the list occupies, array headers included.</summary>
    public long MemoryBytes { get; private set; }

    /// <summary>The element at an index the caller knows to be there.</summary>
    public ref T this[uint index] => ref Volatile.Read(ref _chunks)[index >> ChunkBits][index & (ChunkLength - 1)];

    /// <summary>Appends an element; only the writer may.</summary>
    public void Add(T value)
    {
        var (chunk, offset) = ((int)(_count >> ChunkBits), (int)(_count & (ChunkLength - 1)));
        if (offset == 0 || (chunk == 0 && offset == _chunks[0].Length))
        {
            Grow(chunk, offset);
        }

        _chunks[chunk][offset] = value;
        _count++;
    }

    private void Grow(int chunk, int filled)
    {
        if (chunk == _chunks.Length)
        {
            var directory = new T[Math.Max(1, 2 * chunk)][];
            _chunks.CopyTo(directory, 0);
            MemoryBytes += MemorySize.OfArray<T[]>(directory.Length) - (chunk == 0 ? 0 : MemorySize.OfArray<T[]>(chunk));
            Volatile.Write(ref _chunks, directory);
        }

        var next = new T[chunk > 0 ? ChunkLength : Math.Max(FirstLength, 2 * filled)];
        MemoryBytes += MemorySize.OfArray<T>(next.Length);
        if (filled > 0)
        {
            _chunks[chunk].CopyTo(next, 0);
            MemoryBytes -= MemorySize.OfArray<T>(filled);
        }

        Volatile.Write(ref _chunks[chunk], next);
    }
}
