using DChat.Core.Envelopes;
using DChat.Core.Shards;

namespace DChat.Abstractions.Messages;

/// <summary>
/// One item of a shard's gossip stream: durable messages with consecutive sequences, or, with no envelopes, a heartbeat
/// that tells the head. Streams carry speed, the log carries truth: what a subscriber misses it reads from the shard.
/// </summary>
[GenerateSerializer, Immutable, Alias("dchat.ShardBatch")]
public sealed class ShardBatch(LogId log, ulong firstSequence, EnvelopeBatch envelopes, Door door, string? traceParent)
{
    /// <summary>The log that the sequences belong to.</summary>
    [Id(0)]
    public LogId Log { get; } = log;

    /// <summary>The shard sequence of the first envelope; of a heartbeat, the head plus one.</summary>
    [Id(1)]
    public ulong FirstSequence { get; } = firstSequence;

    /// <summary>The envelopes; none in a heartbeat.</summary>
    [Id(2)]
    public EnvelopeBatch Envelopes { get; } = envelopes;

    /// <summary>By which door the batch came in.</summary>
    [Id(3)]
    public Door Door { get; } = door;

    /// <summary>The W3C trace parent of the append, so that delivery joins its trace; null when it is not sampled.</summary>
    [Id(4)]
    public string? TraceParent { get; } = traceParent;
}
