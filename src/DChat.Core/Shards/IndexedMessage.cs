namespace DChat.Core.Shards;

/// <summary>One durable message as the index holds it.</summary>
/// <param name="Entry">What the index remembers of the message.</param>
/// <param name="Sequence">Its dense sequence in the shard, from 1.</param>
/// <param name="TopicSequence">Its dense sequence in its topic, from 1.</param>
/// <param name="Location">Where the log keeps it; means nothing outside the log.</param>
public readonly record struct IndexedMessage(IndexEntry Entry, ulong Sequence, ulong TopicSequence, ulong Location);
