using DChat.Core.Shards;
using DChat.Core.Topics;
using DChat.Storage.Log.Local.Checkpoint;

namespace DChat.Storage.Log.Local;

/// <summary>
/// A shard of the open log: its head, the term of the writer that may append, and where the entries of its messages are: in the index
/// file, or here until the next checkpoint.
/// </summary>
internal sealed class ShardState(ShardId id)
{
    private readonly Lock _gate = new();
    private readonly List<IndexExtent> _extents = [];
    private List<LoggedMessage> _recent = [];
    private List<LoggedMessage> _inCheckpoint = [];
    private ulong _head;
    private ulong _term;

    /// <summary>The shard.</summary>
    public ShardId Id => id;

    /// <summary>The sequence of its newest durable message; the committer alone raises it once recovery is done.</summary>
    public ulong Head => Volatile.Read(ref _head);

    /// <summary>The term of the newest writer; 0 before the first.</summary>
    public ulong Term => Volatile.Read(ref _term);

    /// <summary>Starts a term, which fences the writer before.</summary>
    public ulong NextTerm() => Interlocked.Increment(ref _term);

    /// <summary>Adds durable messages.</summary>
    public void Add(IReadOnlyList<IndexEntry> entries, ReadOnlySpan<ulong> locations)
    {
        lock (_gate)
        {
            for (var i = 0; i < locations.Length; i++)
            {
                _recent.Add(new LoggedMessage(entries[i], locations[i]));
            }

            Volatile.Write(ref _head, _head + (ulong)locations.Length);
        }
    }

    /// <summary>Adds a message that recovery has found.</summary>
    public void Add(in IndexEntry entry, ulong location)
    {
        lock (_gate)
        {
            _recent.Add(new LoggedMessage(entry, location));
            Volatile.Write(ref _head, _head + 1);
        }
    }

    /// <summary>Adds messages whose entries are in the index file.</summary>
    public void Add(IndexExtent extent)
    {
        lock (_gate)
        {
            _extents.Add(extent);
            Volatile.Write(ref _head, _head + extent.Count);
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

    /// <summary>Where all entries are now: first those in the index file, then those in memory.</summary>
    public (IndexExtent[] Extents, LoggedMessage[] Recent) Entries()
    {
        lock (_gate)
        {
            return ([.. _extents], [.. _inCheckpoint, .. _recent]);
        }
    }
}

/// <summary>A durable message as the log knows it; its sequence follows from its place.</summary>
internal readonly record struct LoggedMessage(IndexEntry Entry, ulong Location);

/// <summary>What a checkpoint writes down of one shard.</summary>
internal sealed record ShardCheckpoint(ShardState Shard, ulong FirstSequence, IReadOnlyList<LoggedMessage> Messages);
