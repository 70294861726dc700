using DChat.Core.Envelopes;

namespace DChat.Core.Shards;

/// <summary>A durable message as readers need it, in the open set or sealed.</summary>
/// <param name="Sequence">Its sequence in the shard.</param>
/// <param name="TopicSequence">Its sequence in its topic.</param>
/// <param name="Length">The length of its envelope in bytes.</param>
/// <param name="Door">By which door it came in.</param>
/// <param name="Location">Where it is, which means something to whoever told of it alone.</param>
/// <param name="Checksum">For who reads it back.</param>
public readonly record struct StoredMessage(ulong Sequence, ulong TopicSequence, int Length, Door Door, ulong Location, uint Checksum);
