using DChat.Core.Shards;
using DChat.Storage.Files;
using DChat.Storage.Log.Local.Wal;

namespace DChat.Storage.Log.Local.Checkpoint;

/// <summary>
/// The entries of all messages written down, so that neither a start nor the opening of a shard need read the WAL. It only grows,
/// and counts as far as its blocks are whole and a commit follows; the rest is read from the WAL again. So it needs no sync and may
/// be damaged or deleted.
/// </summary>
internal sealed class IndexFile(IFile file, string path, LogId log) : IDisposable
{
    private const int WindowLength = 4 << 20;

    private byte[] _window = [];
    private long _end;

    /// <summary>Finds the usable part of the file, tells shards what it holds of them, and cuts the rest off.</summary>
    /// <param name="shards">All shards of the log, empty.</param>
    /// <param name="cutOff">How many bytes could not be used.</param>
    /// <returns>How much of the WAL the file covers; null when none.</returns>
    /// <exception cref="InvalidDataException">The blocks, though whole, contradict each other; the shards are of no use now.</exception>
    public WalCursor? Load(ShardState[] shards, out long cutOff)
    {
        Reserve(file.Length);
        WalCursor? covered = null;
        List<(uint Shard, ulong FirstSequence, IndexExtent Extent)> found = [];
        for (var offset = 0L; ;)
        {
            var read = file.Read(_window.AsSpan(0, (int)Math.Min(_window.Length, file.Length - offset)), offset);
            var used = 0;
            while (IndexBlock.Check(_window.AsSpan(used, read - used), log) is > 0 and var length)
            {
                var block = _window.AsSpan(used, length);
                if (IndexBlock.Commit(block) is { } commit)
                {
                    found.ForEach(each => Restore(shards, each.Shard, each.FirstSequence, each.Extent));
                    found.Clear();
                    (covered, _end) = (commit, offset + used + length);
                }
                else
                {
                    found.Add((IndexBlock.Shard(block), IndexBlock.FirstSequence(block), new IndexExtent(offset + used, (uint)IndexBlock.Count(block))));
                }

                used += length;
            }

            offset += used;
            if (used == 0)
            {
                break;
            }
        }

        cutOff = file.Length - _end;
        file.SetLength(_end);
        return covered;
    }

    /// <summary>Drops everything, for shards that are empty again.</summary>
    public void Clear() => file.SetLength(_end = 0);

    /// <summary>Adds what is new since the last call, and tells the shards where it is.</summary>
    /// <param name="checkpoints">One for each shard, all begun when the WAL ended at <paramref name="covered"/>.</param>
    /// <param name="covered">The end of the WAL then.</param>
    /// <returns>The bytes written.</returns>
    /// <exception cref="IOException">Nothing is lost; the next call writes the same again.</exception>
    public long Write(ShardCheckpoint[] checkpoints, WalCursor covered)
    {
        Reserve(IndexBlock.MaxLength + (checkpoints.Sum(each => (long)each.Messages.Count) * IndexBlock.EntryLength));
        var (offset, used) = (_end, 0);
        var extents = Array.ConvertAll(checkpoints, _ => new List<IndexExtent>());
        for (var i = 0; i < checkpoints.Length; i++)
        {
            var (shard, firstSequence, messages) = checkpoints[i];
            for (var next = 0; next < messages.Count;)
            {
                var count = Math.Min(IndexBlock.MaxCount, messages.Count - next);
                if (used > _window.Length - IndexBlock.MaxLength)
                {
                    offset = Flush(offset, ref used);
                }

                extents[i].Add(new IndexExtent(offset + used, (uint)count));
                used += IndexBlock.WriteEntries(_window.AsSpan(used), log, shard.Id, messages, next, count, firstSequence + (ulong)next);
                next += count;
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
        for (var i = 0; i < checkpoints.Length; i++)
        {
            checkpoints[i].Shard.EndCheckpoint(extents[i]);
        }

        return written;
    }

    /// <summary>Tells of the messages of one block.</summary>
    /// <param name="extent">The block.</param>
    /// <param name="buffer">At least as long as the block.</param>
    /// <param name="firstSequence">The sequence of its first message.</param>
    /// <param name="message">Is told.</param>
    /// <exception cref="Core.DChatException">The block is damaged (<c>log-corrupt</c>) or cannot be read (<c>log-unreadable</c>).</exception>
    public void Replay(IndexExtent extent, Span<byte> buffer, ulong firstSequence, ReplayMessage message)
    {
        var block = buffer[..extent.Length];
        int read;
        try
        {
            read = file.Read(block, extent.Offset);
        }
        catch (IOException e)
        {
            throw LogErrors.Unreadable(path, extent.Offset, e);
        }

        if (read < block.Length || IndexBlock.Check(block, log) != block.Length || IndexBlock.FirstSequence(block) != firstSequence)
        {
            throw LogErrors.Corrupt(path, extent.Offset, "the block is not as it was written; a start of the node makes the index anew from the log");
        }

        for (var i = 0; i < extent.Count; i++)
        {
            var (entry, location) = IndexBlock.Entry(block, i);
            message(entry, firstSequence + (ulong)i, location);
        }
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => file.Dispose();

    private static void Restore(ShardState[] shards, uint shard, ulong firstSequence, IndexExtent extent)
    {
        if (shard >= shards.Length || firstSequence != shards[shard].Head + 1)
        {
            throw new InvalidDataException("The blocks of the index contradict each other.");
        }

        shards[shard].Add(extent);
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
}
