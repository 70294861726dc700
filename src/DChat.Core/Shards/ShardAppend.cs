namespace DChat.Core.Shards;

/// <summary>One batch for the log: envelopes back to back, with what the index needs of each.</summary>
/// <param name="FirstSequence">The sequence of the first message; the log refuses it unless it is the head plus one.</param>
/// <param name="Entries">One entry for each envelope, in order; at least one.</param>
/// <param name="Envelopes">The envelope bytes back to back; as long as the entries' lengths together.</param>
public sealed record ShardAppend(ulong FirstSequence, IReadOnlyList<IndexEntry> Entries, ReadOnlyMemory<byte> Envelopes);
