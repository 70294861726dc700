using DChat.Core.Shards;
using DChat.Core.Topics;

namespace DChat.Storage.Log.Local;

/// <summary>A shard of the open log: its index, and the term of the writer that may append.</summary>
internal sealed class ShardState(ShardId id, ShardIndex index)
{
    private ulong _term;

    /// <summary>The shard.</summary>
    public ShardId Id { get; } = id;

    /// <summary>Its durable messages; the committer alone adds to it once recovery is done.</summary>
    public ShardIndex Index { get; } = index;

    /// <summary>The term of the newest writer; 0 before the first.</summary>
    public ulong Term => Volatile.Read(ref _term);

    /// <summary>Starts a term, which fences the writer before.</summary>
    public ulong NextTerm() => Interlocked.Increment(ref _term);
}
