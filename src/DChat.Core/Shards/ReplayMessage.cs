namespace DChat.Core.Shards;

/// <summary>Takes one durable message of a shard when its log is replayed.</summary>
/// <param name="entry">What the index remembers of it.</param>
/// <param name="sequence">Its sequence in the shard: one more than that of the message told before it.</param>
/// <param name="topicSequence">Its sequence in its topic; 0 when the log was written by a version that did not keep it, and then it is to be counted.</param>
/// <param name="location">Where the log keeps it.</param>
public delegate void ReplayMessage(in IndexEntry entry, ulong sequence, uint topicSequence, ulong location);
