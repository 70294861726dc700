using DChat.Core.Shards;
using Microsoft.Extensions.Logging;

namespace DChat.Grains.SyncShard;

internal sealed partial class SyncShardGrain
{
    [LoggerMessage(1, LogLevel.Information, "Shard {Shard} opened in term {Term} at sequence {Head}.")]
    private partial void LogOpened(string shard, ulong term, ulong head);

    [LoggerMessage(2, LogLevel.Warning, "Shard {Shard}: an append of {Count} messages in term {Term} was not made durable: {Outcome}.")]
    private partial void LogAppendNotDurable(string shard, int count, ulong term, AppendOutcome outcome);

    [LoggerMessage(4, LogLevel.Error, "Shard {Shard}: the log threw on an append; the shard is reopened.")]
    private partial void LogAppendThrew(string shard, Exception exception);
}
