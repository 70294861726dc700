using DChat.Core.Shards;
using DChat.Core.Topics;
using DChat.Storage.Log.Local.Checkpoint;
using DChat.Storage.Log.Local.Wal;

namespace DChat.Storage.Log.Local;

/// <summary>
/// A shard of the open log: its head, the term of the writer that may append, where the entries of its messages are (in the index
/// file, or here until the next checkpoint), and in which files of the WAL the messages themselves are that are still needed.
/// </summary>
internal sealed class ShardState(ShardId id)
{
    private readonly Lock _gate = new();
    private readonly Queue<(uint File, ulong Last)> _files = [];
    private List<IndexExtent> _extents = [];
    private List<LoggedMessage> _recent = [];
    private List<LoggedMessage> _inCheckpoint = [];
    private (uint File, ulong Last) _newest;
    private ulong _head;
    private ulong _dropped;
    private ulong _released;
    private ulong _term;

    /// <summary>The shard.</summary>
    public ShardId Id => id;

    /// <summary>The sequence of its newest durable message; the committer alone raises it once recovery is done.</summary>
    public ulong Head => Volatile.Read(ref _head);

    /// <summary>The term of the newest writer; 0 before the first.</summary>
    public ulong Term => Volatile.Read(ref _term);

    /// <summary>The newest message that is no longer in the log, as all before it; 0 when all are.</summary>
    public ulong Dropped { get { lock (_gate) { return _dropped; } } }

    /// <summary>Starts a term, which fences the writer before.</summary>
    public ulong NextTerm() => Interlocked.Increment(ref _term);

    /// <summary>Begins with the messages up to a sequence gone. Before anything is added.</summary>
    public void BeginAfter(ulong dropped) => _head = _dropped = _released = dropped;

    /// <summary>Adds durable messages.</summary>
    public void Add(ShardAppend append, ReadOnlySpan<ulong> locations)
    {
        lock (_gate)
        {
            for (var i = 0; i < locations.Length; i++)
            {
                AddRecent(new LoggedMessage(append.Entries[i], append.TopicSequences[i], locations[i]));
            }
        }
    }

    /// <summary>Adds a message that recovery has found.</summary>
    public void Add(in LoggedMessage message)
    {
        lock (_gate)
        {
            AddRecent(message);
        }
    }

    /// <summary>Adds messages whose entries are in the index file. Those that were dropped may be among them.</summary>
    /// <param name="extent">The entries.</param>
    /// <param name="files">The files in which the messages are, in order, and the sequence of the last message in each.</param>
    /// <returns>False when they do not follow those before them.</returns>
    public bool TryAdd(IndexExtent extent, IEnumerable<(uint File, ulong Last)> files)
    {
        lock (_gate)
        {
            if (_extents.Count == 0 && _recent.Count == 0 ? extent.FirstSequence > _head + 1 : extent.FirstSequence != _head + 1)
            {
                return false;
            }

            if (extent.LastSequence > _dropped)
            {
                _extents.Add(extent);
                _head = extent.LastSequence;
                foreach (var (file, last) in files)
                {
                    NoteFile(file, last);
                }
            }

            return true;
        }
    }

    /// <summary>Begins a checkpoint: the messages that are not in the index file yet. One at a time.</summary>
    public ShardCheckpoint BeginCheckpoint()
    {
        lock (_gate)
        {
            (_inCheckpoint, _recent) = (_recent, []);
            return new ShardCheckpoint(this, _head - (ulong)_inCheckpoint.Count + 1, _inCheckpoint);
        }
    }

    /// <summary>Ends a checkpoint: the messages are in the index file.</summary>
    public void EndCheckpoint(IEnumerable<IndexExtent> extents)
    {
        lock (_gate)
        {
            _extents.AddRange(extents);
            _inCheckpoint = [];
        }
    }

    /// <summary>Ends a checkpoint that could not be written: the next one has its messages too.</summary>
    public void UndoCheckpoint()
    {
        lock (_gate)
        {
            _inCheckpoint.AddRange(_recent);
            (_recent, _inCheckpoint) = (_inCheckpoint, []);
        }
    }

    /// <summary>Where the entries are now: first those in the index file, then those in memory. Dropped ones may be among them.</summary>
    public (IndexExtent[] Extents, LoggedMessage[] Recent, ulong FirstRecent) Entries()
    {
        lock (_gate)
        {
            LoggedMessage[] recent = [.. _inCheckpoint, .. _recent];
            return ([.. _extents], recent, _head - (ulong)recent.Length + 1);
        }
    }

    /// <summary>Where entries are in the index file. Dropped ones may be among them.</summary>
    public IndexExtent[] Extents()
    {
        lock (_gate)
        {
            return [.. _extents];
        }
    }

    /// <summary>The entries have been moved within the index file; only the one that writes it calls this.</summary>
    public void MoveExtents(List<IndexExtent> extents)
    {
        lock (_gate)
        {
            _extents = extents;
        }
    }

    /// <summary>The messages up to a sequence need not be kept.</summary>
    public void Release(ulong through)
    {
        lock (_gate)
        {
            _released = Math.Max(_released, Math.Min(through, _head));
        }
    }

    /// <summary>Whether it has messages that are not released.</summary>
    public bool IsUnreleased { get { lock (_gate) { return _head > _released; } } }

    /// <summary>The first file of the WAL that has a message which is not released; null when there is none.</summary>
    public uint? FirstNeededFile()
    {
        lock (_gate)
        {
            foreach (var (file, last) in _files)
            {
                if (last > _released)
                {
                    return file;
                }
            }

            return _newest.Last > _released ? _newest.File : null;
        }
    }

    /// <summary>The newest message in the files before one, or <see cref="Dropped"/> when there is none.</summary>
    public ulong LastBefore(uint file)
    {
        lock (_gate)
        {
            var last = _dropped;
            foreach (var (at, lastThere) in _files)
            {
                last = at < file ? lastThere : last;
            }

            return _newest.File > 0 && _newest.File < file ? _newest.Last : last;
        }
    }

    /// <summary>The messages up to a sequence are gone.</summary>
    public void Drop(ulong through)
    {
        lock (_gate)
        {
            _dropped = through;
            while (_files.TryPeek(out var oldest) && oldest.Last <= through)
            {
                _files.Dequeue();
            }
        }
    }

    private void AddRecent(in LoggedMessage message)
    {
        _recent.Add(message);
        NoteFile(WalPosition.FromLocation(message.Location).File, _head + 1);
        Volatile.Write(ref _head, _head + 1);
    }

    private void NoteFile(uint file, ulong last)
    {
        if (_newest.File != file)
        {
            if (_newest.Last > _dropped)
            {
                _files.Enqueue(_newest);
            }
        }

        _newest = (file, last);
    }
}

/// <summary>A durable message as the log knows it; its sequence follows from its place.</summary>
internal readonly record struct LoggedMessage(IndexEntry Entry, uint TopicSequence, ulong Location);

/// <summary>What a checkpoint writes down of one shard.</summary>
internal sealed record ShardCheckpoint(ShardState Shard, ulong FirstSequence, IReadOnlyList<LoggedMessage> Messages);
