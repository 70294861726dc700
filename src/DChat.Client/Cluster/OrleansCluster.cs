using DChat.Abstractions.Grains;
using DChat.Abstractions.Messages;
using DChat.Abstractions.Streams;
using DChat.Core.Identity;
using DChat.Core.Keys;
using DChat.Core.Shards;
using DChat.Core.Topics;

namespace DChat.Client.Cluster;

/// <summary>The cluster behind an Orleans client, hosted in a silo or outside of one.</summary>
internal sealed class OrleansCluster(IClusterClient orleans, string? operatorToken) : ICluster
{
    private const int AnyAdmission = 0;

    public Task<NetworkDescription> DescribeAsync() => GrainFaults.TranslateAsync(() => Admission.DescribeAsync());

    public Task<PublishReply> PublishAsync(PublishRequest request) => GrainFaults.TranslateAsync(() => Admission.PublishAsync(request));

    public Task<ReadReply> FetchAsync(ShardAddress shard, TopicTag topic, LogPosition? after, int maxCount) =>
        GrainFaults.TranslateAsync(() => Shard(shard).FetchAsync(topic, after, maxCount));

    public Task<LogPosition> GetHeadAsync(ShardAddress shard) => GrainFaults.TranslateAsync(() => Shard(shard).GetHeadAsync());

    public Task<DeviceLogReply> AppendDeviceLogAsync(string network, IdentityId identity, DeviceLogEntries entries) =>
        GrainFaults.TranslateAsync(() => Identity(network, identity).AppendAsync(entries));

    public Task<DeviceLogPage> ReadDeviceLogAsync(string network, IdentityId identity, int skip) =>
        GrainFaults.TranslateAsync(() => Identity(network, identity).ReadAsync(skip));

    public Task<SealedStateBytes?> WriteDeviceStateAsync(string network, IdentityId identity, DeviceKey device, SealedStateBytes state) =>
        GrainFaults.TranslateAsync(() => DeviceState(network, identity, device).WriteAsync(state));

    public Task<SealedStateReply> ReadDeviceStateAsync(string network, IdentityId identity, DeviceKey device, SealedStateQuery query) =>
        GrainFaults.TranslateAsync(() => DeviceState(network, identity, device).ReadAsync(query));

    public Task<GatewayDescription[]> ListGatewaysAsync(string network) =>
        AsOperatorAsync(() => orleans.GetGrain<IGatewayDirectoryGrain>(GrainKeys.GatewayDirectory(network)).ListAsync());

    public Task<PeerSetReport?> DescribePeersAsync(string gateway) =>
        AsOperatorAsync(() => PeerSet(gateway).DescribeAsync());

    public Task<DhtDescription?> DescribeDhtAsync(string gateway) => AsOperatorAsync(() => PeerSet(gateway).DescribeDhtAsync());

    public Task<DhtFinding?> FindPeerAsync(string gateway, string peerId) => AsOperatorAsync(() => PeerSet(gateway).FindPeerAsync(peerId));

    public Task<CircuitDescription?> DescribeCircuitsAsync(string gateway) => AsOperatorAsync(() => PeerSet(gateway).DescribeCircuitsAsync());

    public Task<CircuitRelayDescription?> ReserveCircuitAsync(string gateway, string relay) => AsOperatorAsync(() => PeerSet(gateway).ReserveCircuitAsync(relay));

    public Task<ScrubPage> ScrubAsync(ShardAddress shard, ScrubPosition position) => AsOperatorAsync(() => Shard(shard).ScrubAsync(position));

    public Task<SyncDescription?> DescribeSyncAsync(string gateway) => AsOperatorAsync(() => PeerSet(gateway).DescribeSyncAsync());

    public Task<SyncDescription?> BeginSyncAsync(string gateway, string? partner) => AsOperatorAsync(() => PeerSet(gateway).BeginSyncAsync(partner));

    public Task<bool?> ReleaseCircuitAsync(string gateway, string peerId) =>
        AsOperatorAsync(async () => (await PeerSet(gateway).ReleaseCircuitAsync(peerId).ConfigureAwait(false))?.WasKnown);

    private async Task<T> AsOperatorAsync<T>(Func<Task<T>> call)
    {
        // What an async method sets ends with it: no other call of the caller's carries the token.
        if (operatorToken is not null)
        {
            RequestContext.Set(OperatorOnlyAttribute.TokenKey, operatorToken);
        }

        return await GrainFaults.TranslateAsync(call).ConfigureAwait(false);
    }

    private IPeerSetGrain PeerSet(string gateway) => orleans.GetGrain<IPeerSetGrain>(GrainKeys.PeerSet(gateway));

    private IAdmissionGrain Admission => orleans.GetGrain<IAdmissionGrain>(AnyAdmission);

    private IIdentityGrain Identity(string network, IdentityId identity) => orleans.GetGrain<IIdentityGrain>(GrainKeys.Identity(network, identity));

    private IDeviceStateGrain DeviceState(string network, IdentityId identity, DeviceKey device) =>
        orleans.GetGrain<IDeviceStateGrain>(GrainKeys.DeviceState(network, identity, device));

    private ISyncShardGrain Shard(ShardAddress shard) =>
        orleans.GetGrain<ISyncShardGrain>(GrainKeys.Shard(shard.Network, shard.Shard));
}
