using DChat.Core.Shards;
using DChat.Storage.Files;
using DChat.Storage.Log.Local.Wal;

namespace DChat.Storage.Log.Local.Checkpoint;

/// <summary>
/// The index written down, so that a start need not read the whole WAL. It only grows, and counts as far as its blocks are
/// whole and a commit follows; the rest is read from the WAL again. So it needs no sync and may be damaged or deleted.
/// </summary>
internal sealed class IndexFile(IFile file, LogId log) : IDisposable
{
    private const int WindowLength = 4 << 20;

    private byte[] _window = [];
    private readonly List<(int Start, int Length)> _blocks = [];
    private ulong[] _heads = [];
    private long _end;

    /// <summary>Reads the usable part of the file into empty indexes, and cuts the rest off.</summary>
    /// <param name="shards">All shards of the log.</param>
    /// <param name="cutOff">How many bytes could not be used.</param>
    /// <returns>How much of the WAL the file covers; null when none.</returns>
    /// <exception cref="InvalidDataException">The blocks, though whole, contradict each other; the indexes are of no use now.</exception>
    public WalCursor? Load(ShardState[] shards, out long cutOff)
    {
        _heads = new ulong[shards.Length];
        Reserve(file.Length);
        var covered = FindCommit();
        for (var offset = 0L; offset < _end;)
        {
            var length = ReadBlocks(offset, _end);
            Apply(shards);
            offset += length;
        }

        RememberHeads(shard => shards[shard].Index.Head);
        cutOff = file.Length - _end;
        file.SetLength(_end);
        return covered;
    }

    /// <summary>Drops everything, for indexes that are empty again.</summary>
    public void Clear()
    {
        Array.Clear(_heads);
        file.SetLength(_end = 0);
    }

    /// <summary>Adds what is new since the last call.</summary>
    /// <param name="snapshots">One for each shard, all taken when the WAL ended at <paramref name="covered"/>.</param>
    /// <param name="covered">The end of the WAL then.</param>
    /// <returns>The bytes written.</returns>
    /// <exception cref="IOException">Nothing is lost; the next call writes the same again.</exception>
    public long Write(ShardSnapshot[] snapshots, WalCursor covered)
    {
        var entries = snapshots.Sum(snapshot => (long)snapshot.Head) - _heads.Sum(head => (long)head);
        Reserve(IndexBlock.MaxLength + (entries * IndexBlock.EntryLength));
        var (offset, used) = (_end, 0);
        for (ushort shard = 0; shard < snapshots.Length; shard++)
        {
            var snapshot = snapshots[shard];
            for (var sequence = _heads[shard] + 1; sequence <= snapshot.Head;)
            {
                var count = (int)Math.Min(IndexBlock.MaxCount, snapshot.Head - sequence + 1);
                if (used > _window.Length - IndexBlock.MaxLength)
                {
                    offset = Flush(offset, ref used);
                }

                used += IndexBlock.WriteEntries(_window.AsSpan(used), log, new(shard), snapshot, sequence, count);
                sequence += (ulong)count;
            }
        }

        if (used > _window.Length - IndexBlock.CommitLength)
        {
            offset = Flush(offset, ref used);
        }

        used += IndexBlock.WriteCommit(_window.AsSpan(used), log, covered);
        offset = Flush(offset, ref used);
        var written = offset - _end;
        _end = offset;
        RememberHeads(shard => snapshots[shard].Head);
        return written;
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => file.Dispose();

    private void RememberHeads(Func<int, ulong> headOf)
    {
        for (var shard = 0; shard < _heads.Length; shard++)
        {
            _heads[shard] = headOf(shard);
        }
    }

    private void Reserve(long wanted)
    {
        if (_window.Length < Math.Min(WindowLength, wanted))
        {
            _window = GC.AllocateUninitializedArray<byte>((int)Math.Min(WindowLength, wanted));
        }
    }

    private long Flush(long offset, ref int used)
    {
        file.Write(_window.AsSpan(0, used), offset);
        offset += used;
        used = 0;
        return offset;
    }

    private WalCursor? FindCommit()
    {
        WalCursor? covered = null;
        for (var offset = 0L; ReadBlocks(offset, file.Length) is > 0 and var length; offset += length)
        {
            foreach (var (start, blockLength) in _blocks)
            {
                if (IndexBlock.Commit(_window.AsSpan(start, blockLength)) is { } commit)
                {
                    (covered, _end) = (commit, offset + start + blockLength);
                }
            }
        }

        return covered;
    }

    // As many whole blocks as fit the window and end before the limit; returns their length together.
    private int ReadBlocks(long offset, long limit)
    {
        _blocks.Clear();
        var read = file.Read(_window.AsSpan(0, (int)Math.Min(_window.Length, limit - offset)), offset);
        var end = 0;
        while (IndexBlock.Check(_window.AsSpan(end, read - end), log) is > 0 and var length)
        {
            _blocks.Add((end, length));
            end += length;
        }

        return end;
    }

    private void Apply(ShardState[] shards)
    {
        var workers = Math.Min(Environment.ProcessorCount, shards.Length);
        var isBad = false;
        Parallel.For(0, workers, worker =>
        {
            foreach (var (start, length) in _blocks)
            {
                var block = _window.AsSpan(start, length);
                var shard = IndexBlock.Shard(block);
                if (shard < shards.Length && shard % workers == worker && !TryApply(block, shards[shard].Index))
                {
                    Volatile.Write(ref isBad, true);
                    return;
                }
            }
        });
        if (isBad)
        {
            throw new InvalidDataException("The blocks of the index contradict each other.");
        }
    }

    private static bool TryApply(ReadOnlySpan<byte> block, ShardIndex index)
    {
        if (IndexBlock.FirstSequence(block) != index.Head + 1)
        {
            return false;
        }

        try
        {
            for (var i = 0; i < IndexBlock.Count(block); i++)
            {
                var (entry, location) = IndexBlock.Entry(block, i);
                index.Append(entry, location);
            }

            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }
}
