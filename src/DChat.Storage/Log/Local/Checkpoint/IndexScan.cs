using DChat.Core.Shards;
using DChat.Storage.Files;

namespace DChat.Storage.Log.Local.Checkpoint;

/// <summary>Reads the blocks of an index file from the first to the last that is whole, on all cores: a log of ten million messages has 700 MB of them.</summary>
internal sealed class IndexScan(IFile file, LogId log)
{
    private const int WindowLength = 4 << 20;

    private readonly List<(int Start, int Length)> _blocks = [];
    private readonly List<(uint File, ulong Last)[]> _files = [];

    /// <summary>The blocks with their offsets, and for each but a commit the files it tells of. A block means nothing once the next is asked for.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public IEnumerable<(long Offset, ReadOnlyMemory<byte> Block, (uint File, ulong Last)[] Files)> Blocks()
    {
        var length = (int)Math.Min(WindowLength, file.Length);
        var (window, spare) = (GC.AllocateUninitializedArray<byte>(length), GC.AllocateUninitializedArray<byte>(length));
        var read = file.Read(window, 0);
        for (var offset = 0L; ;)
        {
            var used = FindBlocks(window.AsMemory(0, read));
            if (used == 0)
            {
                yield break;
            }

            // The disk reads on while these are checked.
            var (next, into) = (offset + used, spare);
            var reading = Task.Run(() => file.Read(into, next));
            var whole = CheckBlocks(window);
            read = reading.GetAwaiter().GetResult();
            for (var i = 0; i < whole; i++)
            {
                var (start, blockLength) = _blocks[i];
                yield return (offset + start, window.AsMemory(start, blockLength), _files[i]);
            }

            if (whole < _blocks.Count)
            {
                yield break;
            }

            (offset, window, spare) = (next, spare, window);
        }
    }

    // By their headers alone; returns where the last ends.
    private int FindBlocks(ReadOnlyMemory<byte> window)
    {
        _blocks.Clear();
        _files.Clear();
        var used = 0;
        while (IndexBlock.LengthOf(window.Span[used..], log) is > 0 and var length)
        {
            _blocks.Add((used, length));
            _files.Add([]);
            used += length;
        }

        return used;
    }

    // How many are whole, from the first on.
    private int CheckBlocks(ReadOnlyMemory<byte> window)
    {
        var result = Parallel.For(0, _blocks.Count, (i, loop) =>
        {
            var (start, length) = _blocks[i];
            var block = window.Span.Slice(start, length);
            if (!IndexBlock.IsValid(block))
            {
                loop.Break();
            }
            else if (IndexBlock.Commit(block) is null)
            {
                _files[i] = IndexBlock.Files(block);
            }
        });
        return (int)(result.LowestBreakIteration ?? _blocks.Count);
    }
}
