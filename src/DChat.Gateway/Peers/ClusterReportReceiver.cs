using DChat.Abstractions.Grains;
using DChat.Abstractions.Messages;
using DChat.Core.Topics;
using Microsoft.Extensions.Options;

namespace DChat.Gateway.Peers;

/// <summary>The grains of the cluster.</summary>
internal sealed class ClusterReportReceiver(IGrainFactory grains, IOptions<NetworkOptions> network) : IReportReceiver
{
    public Task AnnounceAsync(GatewayDescription gateway) => Directory.AnnounceAsync(gateway);

    public Task<bool> ReportAsync(PeerSetUpdate update) =>
        grains.GetGrain<IPeerSetGrain>(GrainKeys.PeerSet(update.Gateway.PeerId)).ReportAsync(update);

    public Task LeaveAsync(string gateway) => Directory.LeaveAsync(gateway);

    private IGatewayDirectoryGrain Directory =>
        grains.GetGrain<IGatewayDirectoryGrain>(GrainKeys.GatewayDirectory(network.Value.Network));
}
