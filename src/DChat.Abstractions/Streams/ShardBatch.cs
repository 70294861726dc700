using DChat.Core.Envelopes;
using DChat.Core.Shards;
using DChat.Core.Topics;

namespace DChat.Abstractions.Streams;

/// <summary>
/// Durable messages of one shard with consecutive sequences, or the news that a range need not travel. Streams carry speed,
/// the log carries truth: what a subscriber misses it reads from the shard.
/// </summary>
[GenerateSerializer, Immutable, Alias("dchat.ShardBatch")]
public sealed class ShardBatch(
    ShardId shard, LogId log, ulong firstSequence, ulong throughSequence, EnvelopeBatch envelopes, Door door, string? traceParent)
    : ShardItem
{
    /// <summary>The shard.</summary>
    [Id(0)]
    public ShardId Shard { get; } = shard;

    /// <summary>The log that the sequences belong to.</summary>
    [Id(1)]
    public LogId Log { get; } = log;

    /// <summary>The sequence of the first message that the batch speaks for.</summary>
    [Id(2)]
    public ulong FirstSequence { get; } = firstSequence;

    /// <summary>The sequence of the last message that the batch speaks for.</summary>
    [Id(3)]
    public ulong ThroughSequence { get; } = throughSequence;

    /// <summary>The envelopes, one for each sequence; none when the range is skipped.</summary>
    [Id(4)]
    public EnvelopeBatch Envelopes { get; } = envelopes;

    /// <summary>By which door the messages came in.</summary>
    [Id(5)]
    public Door Door { get; } = door;

    /// <summary>The W3C trace parent of the append, so that delivery joins its trace; null when it is not sampled.</summary>
    [Id(6)]
    public string? TraceParent { get; } = traceParent;

    /// <summary>Whether the messages stay in the log: who wants synced history reads them there.</summary>
    public bool IsSkipped => Envelopes.Count == 0;
}
