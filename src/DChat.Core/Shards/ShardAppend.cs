namespace DChat.Core.Shards;

/// <summary>One batch for the log: envelopes back to back, with what the index needs of each.</summary>
/// <param name="FirstSequence">The sequence of the first message; the log refuses it unless it is the head plus one.</param>
/// <param name="Entries">One entry for each envelope, in order; at least one.</param>
/// <param name="TopicSequences">For each envelope its sequence in its topic, from 1; the log keeps it and does not check it.</param>
/// <param name="Runs">
/// The envelopes in order, each run some whole ones back to back; together as long as the entries' lengths. The log reads
/// them until the append has ended, so they must not change.
/// </param>
public sealed record ShardAppend(ulong FirstSequence, IReadOnlyList<IndexEntry> Entries, IReadOnlyList<uint> TopicSequences, IReadOnlyList<ReadOnlyMemory<byte>> Runs)
{
    /// <summary>A batch whose envelopes stand in one piece.</summary>
    public ShardAppend(ulong firstSequence, IReadOnlyList<IndexEntry> entries, IReadOnlyList<uint> topicSequences, ReadOnlyMemory<byte> envelopes)
        : this(firstSequence, entries, topicSequences, [envelopes])
    {
    }
}
