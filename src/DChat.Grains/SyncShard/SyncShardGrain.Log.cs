using DChat.Core;
using DChat.Core.Envelopes;
using DChat.Core.Shards;
using Microsoft.Extensions.Logging;

namespace DChat.Grains.SyncShard;

internal sealed partial class SyncShardGrain
{
    [LoggerMessage(1, LogLevel.Information, "Shard {Shard} opened in term {Term} at sequence {Head}.")]
    private partial void LogOpened(string shard, ulong term, ulong head);

    [LoggerMessage(2, LogLevel.Warning, "Shard {Shard}: an append of {Count} messages in term {Term} was not made durable: {Outcome}.")]
    private partial void LogAppendNotDurable(string shard, int count, ulong term, AppendOutcome outcome);

    [LoggerMessage(5, LogLevel.Information, "Shard {Shard}: sealed {Count} messages of class {Class} in epoch {Epoch} as segment {Root}.")]
    private partial void LogSealed(string shard, RetentionClass @class, ulong epoch, int count, Bytes32 root);

    [LoggerMessage(6, LogLevel.Error, "Shard {Shard}: {Count} messages are damaged in the log and were left out of epoch {Epoch}.")]
    private partial void LogUnreadable(string shard, int count, ulong epoch);

    [LoggerMessage(7, LogLevel.Error, "Shard {Shard}: the disk failed to read {Count} messages, which stay in the log after epoch {Epoch}; the first has sequence {Sequence}.")]
    private partial void LogUnread(string shard, int count, ulong epoch, ulong sequence);

    [LoggerMessage(8, LogLevel.Error, "Shard {Shard}: messages are refused that may be sealed already, because a segment cannot be read.")]
    private partial void LogLookupFailed(string shard, Exception exception);

    [LoggerMessage(4, LogLevel.Error, "Shard {Shard}: the log threw on an append; the shard is reopened.")]
    private partial void LogAppendThrew(string shard, Exception exception);
}
