namespace DChat.Core.Shards;

/// <summary>What became of one <see cref="ShardAppend"/>.</summary>
public enum AppendOutcome
{
    /// <summary>Every message of the batch is on stable storage and in the index.</summary>
    Durable,

    /// <summary>A later writer has opened the shard; this one must step down. Nothing was written.</summary>
    Fenced,

    /// <summary><see cref="ShardAppend.FirstSequence"/> is not the head plus one. Nothing was written.</summary>
    OutOfSequence,

    /// <summary>Storage is full. Nothing was written; the same batch may succeed later.</summary>
    Full,

    /// <summary>Storage failed in a way that leaves the end of the log unknown. Nothing is acknowledged until it is reopened.</summary>
    Failed,

    /// <summary>Too much waits to be written already. Nothing was written; the same batch may succeed in a moment.</summary>
    Busy,
}
