using DChat.Abstractions.Messages;
using DChat.Abstractions.Streams;
using DChat.Core;
using DChat.Core.Identity;
using DChat.Core.Keys;
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

    Task<DeviceLogReply> AppendDeviceLogAsync(string network, IdentityId identity, DeviceLogEntries entries);

    Task<DeviceLogPage> ReadDeviceLogAsync(string network, IdentityId identity, int skip);

    Task<SealedStateBytes?> WriteDeviceStateAsync(string network, IdentityId identity, DeviceKey device, SealedStateBytes state);

    Task<SealedStateReply> ReadDeviceStateAsync(string network, IdentityId identity, DeviceKey device, SealedStateQuery query);

    Task<GatewayDescription[]> ListGatewaysAsync(string network);

    Task<PeerSetReport?> DescribePeersAsync(string gateway);

    Task<DhtDescription?> DescribeDhtAsync(string gateway);

    Task<DhtFinding?> FindPeerAsync(string gateway, string peerId);

    Task<CircuitDescription?> DescribeCircuitsAsync(string gateway);

    Task<CircuitRelayDescription?> ReserveCircuitAsync(string gateway, string relay);

    Task<bool?> ReleaseCircuitAsync(string gateway, string peerId);

    Task<SyncDescription?> DescribeSyncAsync(string gateway);

    Task<ScrubPage> ScrubAsync(ShardAddress shard, ScrubPosition position);

    Task<SyncDescription?> BeginSyncAsync(string gateway, string? partner);
}
