using DChat.Client.Cluster;
using Microsoft.Extensions.Logging;

namespace DChat.Client.Subscriptions;

internal sealed partial class ShardFeed
{
    [LoggerMessage(1, LogLevel.Debug, "Nothing came from shard {Shard} for {Seconds:F1} s: renewing its stream subscription.")]
    private partial void LogRenewing(ShardAddress shard, double seconds);

    [LoggerMessage(2, LogLevel.Debug, "A stream subscription of shard {Shard} could not be given back; it is tried again at the next renewal.")]
    private partial void LogUnsubscribeFailed(Exception failure, ShardAddress shard);

    [LoggerMessage(3, LogLevel.Error, "The feed of shard {Shard} has ended; its subscriptions end with this error.")]
    private partial void LogFeedFailed(Exception failure, ShardAddress shard);
}
