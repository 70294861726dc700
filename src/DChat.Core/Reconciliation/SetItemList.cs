namespace DChat.Core.Reconciliation;

/// <summary>
/// Items in memory, 40 bytes each, numbered from 0 as they come. For one writer and many readers, each of which may read the numbers
/// that it has learned of from the writer. Numbers are not used again, since a snapshot may still ask for them.
/// </summary>
public sealed class SetItemList : ISetItems
{
    // A chunk stays out of the large object heap.
    private const int ChunkBits = 11;
    private const int ChunkLength = 1 << ChunkBits;
    private const int FirstLength = 4;

    private SetItem[][] _chunks = [];

    /// <summary>How many items were added.</summary>
    public uint Count { get; private set; }

    /// <inheritdoc/>
    public SetItem ItemOf(uint number) => Volatile.Read(ref _chunks)[number >> ChunkBits][number & (ChunkLength - 1)];

    /// <summary>Adds an item and returns its number.</summary>
    public uint Add(SetItem item)
    {
        var (chunk, offset) = ((int)(Count >> ChunkBits), (int)(Count & (ChunkLength - 1)));
        if (offset == 0 || (chunk == 0 && offset == _chunks[0].Length))
        {
            Grow(chunk, offset);
        }

        _chunks[chunk][offset] = item;
        return Count++;
    }

    // Only the first chunk grows by copying; a reader of the old copy sees the same items.
    private void Grow(int chunk, int filled)
    {
        if (chunk == _chunks.Length)
        {
            var chunks = new SetItem[Math.Max(1, 2 * chunk)][];
            _chunks.CopyTo(chunks, 0);
            Volatile.Write(ref _chunks, chunks);
        }

        var next = new SetItem[chunk == 0 ? Math.Max(FirstLength, 2 * filled) : ChunkLength];
        if (filled > 0)
        {
            _chunks[chunk].CopyTo(next, 0);
        }

        Volatile.Write(ref _chunks[chunk], next);
    }
}
