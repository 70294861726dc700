using DChat.Abstractions.Messages;
using DChat.Abstractions.Streams;
using DChat.Core;
using DChat.Core.Shards;
using DChat.Core.Topics;

namespace DChat.Feeds;

/// <summary>
/// What feeds ask of the cluster, one attempt a call. A failure that may pass is a <see cref="DChatException"/> with
/// <see cref="DChatException.IsTransient"/>; anything else is final.
/// </summary>
internal interface IShardCluster
{
    Task<ReadReply> ReadAsync(ShardAddress shard, LogPosition after, int maxCount);

    Task<ReadReply> FetchAsync(ShardAddress shard, TopicTag topic, LogPosition? after, int maxCount);

    Task<LogPosition> GetHeadAsync(ShardAddress shard);

    /// <summary>Where the shard stood some time ago, or earlier.</summary>
    Task<LogPosition> GetPastHeadAsync(ShardAddress shard, TimeSpan ago);

    /// <summary>Subscribes to the stream of a shard group; disposing the result unsubscribes.</summary>
    /// <param name="network">The network.</param>
    /// <param name="group">The shard group.</param>
    /// <param name="onItem">Takes what the stream brings.</param>
    /// <param name="onFault">Is told when the stream fails this subscriber: it may bring nothing more, though the cluster still knows it.</param>
    Task<IGrantedSubscription> SubscribeAsync(string network, int group, Action<ShardItem> onItem, Action<Exception> onFault);
}
