using DChat.Core.Shards;
using DChat.Storage.Files;
using DChat.Storage.Log.Local.Wal;

namespace DChat.Storage.Log.Local.Checkpoint;

/// <summary>
/// The entries of all messages written down, so that neither a start nor the opening of a shard need read the WAL. It only grows, until
/// most of it is of messages that were dropped; then it is written anew. It counts as far as its blocks are whole and a commit follows;
/// the rest is read from the WAL again. So it needs no sync and may be damaged or deleted.
/// </summary>
internal sealed partial class IndexFile : IDisposable
{
    private const int WindowLength = 4 << 20;

    private readonly IFileSystem _fileSystem;
    private readonly string _path;
    private readonly LogId _log;

    // Who replays reads where entries are and then the file, which must not be exchanged in between.
    private readonly ReaderWriterLockSlim _exchange = new();
    private IFile _file;
    private byte[] _window = [];
    private WalCursor _covered;
    private long _end;

    /// <summary>Opens the file, or creates it.</summary>
    public IndexFile(IFileSystem fileSystem, string path, LogId log)
    {
        (_fileSystem, _path, _log) = (fileSystem, path, log);
        _file = fileSystem.Exists(path) ? fileSystem.Open(path) : fileSystem.Create(path);
    }

    /// <summary>Finds the usable part of the file, tells shards what it holds of them, and cuts the rest off.</summary>
    /// <param name="shards">All shards of the log, with nothing in them.</param>
    /// <param name="firstFile">The first file of the WAL that is left.</param>
    /// <param name="cutOff">How many bytes could not be used.</param>
    /// <returns>How much of the WAL the file covers; null when none.</returns>
    /// <exception cref="InvalidDataException">
    /// The blocks, though whole, contradict each other, or end before the first file; the shards are of no use now.
    /// </exception>
    public WalCursor? Load(ShardState[] shards, uint firstFile, out long cutOff)
    {
        WalCursor? covered = null;
        List<(uint Shard, IndexExtent Extent, (uint File, ulong Last)[] Files)> found = [];
        foreach (var (offset, block, files) in new IndexScan(_file, _log).Blocks())
        {
            if (IndexBlock.Commit(block.Span) is { } commit)
            {
                found.ForEach(each => Restore(shards, each.Shard, each.Extent, each.Files));
                found.Clear();
                (covered, _end) = (commit, offset + block.Length);
            }
            else
            {
                var extent = new IndexExtent(offset, IndexBlock.Count(block.Span), IndexBlock.FirstSequence(block.Span));
                found.Add((IndexBlock.Shard(block.Span), extent, files));
            }
        }

        if (covered is { } end && end.Position.File < firstFile)
        {
            throw new InvalidDataException($"The index ends in file {end.Position.File}, before the first that is left.");
        }

        cutOff = _file.Length - _end;
        _file.SetLength(_end);
        _covered = covered ?? default;
        return covered;
    }

    /// <summary>Drops everything, for shards that are empty again.</summary>
    public void Clear() => _file.SetLength(_end = 0);

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
                var extent = new IndexExtent(offset + used, Math.Min(IndexBlock.MaxCount, messages.Count - next), firstSequence + (ulong)next);
                if (used + extent.Length > _window.Length)
                {
                    offset = Flush(_file, offset, ref used);
                    continue;
                }

                extents[i].Add(extent);
                used += IndexBlock.WriteEntries(_window.AsSpan(used), _log, shard.Id, messages, next, extent);
                next += extent.Count;
            }
        }

        var end = WriteCommit(_file, offset, used, covered);
        var written = end - _end;
        (_end, _covered) = (end, covered);
        for (var i = 0; i < checkpoints.Length; i++)
        {
            checkpoints[i].Shard.EndCheckpoint(extents[i]);
        }

        return written;
    }

    /// <summary>Tells of the messages of a shard that are in the log, in order of sequence.</summary>
    /// <exception cref="Core.DChatException">A block is damaged (<c>log-corrupt</c>) or cannot be read (<c>log-unreadable</c>).</exception>
    public void Replay(ShardState shard, ReplayMessage message, CancellationToken cancellationToken)
    {
        var dropped = shard.Dropped;
        _exchange.EnterReadLock();
        try
        {
            var (extents, recent, sequence) = shard.Entries();
            var buffer = new byte[extents.Length == 0 ? 0 : extents.Max(extent => extent.Length)];
            foreach (var extent in extents)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var block = ReadBlock(extent, buffer);
                for (var i = (int)Math.Max(0, (long)(dropped + 1 - extent.FirstSequence)); i < extent.Count; i++)
                {
                    var (entry, topicSequence, location) = IndexBlock.Entry(block, i);
                    message(entry, extent.FirstSequence + (ulong)i, topicSequence, location);
                }
            }

            foreach (var (entry, topicSequence, location) in recent)
            {
                if (sequence > dropped)
                {
                    message(entry, sequence, topicSequence, location);
                }

                sequence++;
            }
        }
        finally
        {
            _exchange.ExitReadLock();
        }
    }

    /// <summary>Closes the file.</summary>
    public void Dispose()
    {
        _file.Dispose();
        _exchange.Dispose();
    }

    private static void Restore(ShardState[] shards, uint shard, IndexExtent extent, (uint File, ulong Last)[] files)
    {
        if (shard >= shards.Length || !shards[shard].TryAdd(extent, files))
        {
            throw new InvalidDataException("The blocks of the index contradict each other.");
        }
    }

    private ReadOnlySpan<byte> ReadBlock(IndexExtent extent, byte[] buffer)
    {
        var block = buffer.AsSpan(0, extent.Length);
        int read;
        try
        {
            read = _file.Read(block, extent.Offset);
        }
        catch (IOException e)
        {
            throw LogErrors.Unreadable(_path, extent.Offset, e);
        }

        return read == block.Length && IndexBlock.Check(block, _log) == read && IndexBlock.FirstSequence(block) == extent.FirstSequence
            ? block
            : throw LogErrors.Corrupt(_path, extent.Offset, "the block is not as it was written; a start of the node makes the index anew from the log");
    }

    private long WriteCommit(IFile file, long offset, int used, WalCursor covered)
    {
        if (used > _window.Length - IndexBlock.CommitLength)
        {
            offset = Flush(file, offset, ref used);
        }

        used += IndexBlock.WriteCommit(_window.AsSpan(used), _log, covered);
        return Flush(file, offset, ref used);
    }

    private void Reserve(long wanted)
    {
        if (_window.Length < Math.Min(WindowLength, wanted))
        {
            _window = GC.AllocateUninitializedArray<byte>((int)Math.Min(WindowLength, wanted));
        }
    }

    private long Flush(IFile file, long offset, ref int used)
    {
        file.Write(_window.AsSpan(0, used), offset);
        offset += used;
        used = 0;
        return offset;
    }
}
