using DChat.Core.Shards;
using DChat.Core.Topics;

namespace DChat.Abstractions.Streams;

/// <summary>
/// The heads of a group's shards that are active on one core silo, sent every second. Who has seen less reads the rest from
/// the log; who hears no silo any more knows that its subscription is lost.
/// </summary>
[GenerateSerializer, Immutable, Alias("dchat.ShardHeartbeat")]
public sealed class ShardHeartbeat(string silo, LogId log, ushort[] shards, ulong[] heads) : ShardItem
{
    /// <summary>Which silo tells it; another name after each start.</summary>
    [Id(0)]
    public string Silo { get; } = silo;

    /// <summary>The log that the heads belong to.</summary>
    [Id(1)]
    public LogId Log { get; } = log;

    /// <summary>The numbers of the shards; none when all of the group are asleep there.</summary>
    [Id(2)]
    public ushort[] Shards { get; } = shards;

    /// <summary>The sequence of each shard's newest durable message.</summary>
    [Id(3)]
    public ulong[] Heads { get; } = heads;

    /// <summary>The shards and where they stand.</summary>
    public IEnumerable<(ShardId Shard, LogPosition Head)> Positions =>
        Shards.Zip(Heads, (shard, head) => (new ShardId(shard), new LogPosition(Log, head)));
}
