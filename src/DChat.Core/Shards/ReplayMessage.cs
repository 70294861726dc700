namespace DChat.Core.Shards;

/// <summary>Takes one durable message of a shard when its log is replayed.</summary>
/// <param name="entry">What the index remembers of it.</param>
/// <param name="sequence">Its sequence in the shard: one more than that of the message before.</param>
/// <param name="location">Where the log keeps it.</param>
public delegate void ReplayMessage(in IndexEntry entry, ulong sequence, ulong location);
