using DChat.Abstractions.Messages;
using DChat.Abstractions.Streams;
using DChat.Core;
using DChat.Core.Shards;
using DChat.Core.Topics;

namespace DChat.Client.Cluster;

/// <summary>
/// What the client asks of the cluster, one attempt a call. A failure that may pass is a <see cref="DChatException"/> with
/// <see cref="DChatException.IsTransient"/>; anything else is final.
/// </summary>
internal interface ICluster
{
    Task<NetworkDescription> DescribeAsync();

    Task<PublishReply> PublishAsync(PublishRequest request);

    Task<ReadReply> FetchAsync(ShardAddress shard, TopicTag topic, LogPosition? after, int maxCount);

    Task<LogPosition> GetHeadAsync(ShardAddress shard);

    Task<GatewayDescription[]> ListGatewaysAsync(string network);

    Task<PeerSetReport?> DescribePeersAsync(string gateway);

    Task<DhtDescription?> DescribeDhtAsync(string gateway);

    Task<DhtFinding?> FindPeerAsync(string gateway, string peerId);

    Task<CircuitDescription?> DescribeCircuitsAsync(string gateway);

    Task<CircuitRelayDescription?> ReserveCircuitAsync(string gateway, string relay);

    Task<bool?> ReleaseCircuitAsync(string gateway, string peerId);

    Task<SyncDescription?> DescribeSyncAsync(string gateway);

    Task<SyncDescription?> BeginSyncAsync(string gateway, string? partner);
}
