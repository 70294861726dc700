using DChat.Abstractions.Grains;
using DChat.Abstractions.Messages;
using DChat.Core.Topics;
using Microsoft.Extensions.Options;

namespace DChat.Gateway.Peers;

/// <summary>The grains of the cluster.</summary>
internal sealed class ClusterReportReceiver(IGrainFactory grains, IOptions<NetworkOptions> network, IGatewayPort port) : IReportReceiver
{
    private IGatewayPort? _reference;

    public Task AnnounceAsync(GatewayDescription gateway) => Directory.AnnounceAsync(gateway);

    public async Task<bool> ReportAsync(PeerSetUpdate update)
    {
        var peers = grains.GetGrain<IPeerSetGrain>(GrainKeys.PeerSet(update.Gateway.PeerId));
        if (update.Base is null)
        {
            // A set begins anew with a grain that knows nothing yet, the port included.
            await peers.AttachAsync(_reference ??= grains.CreateObjectReference<IGatewayPort>(port)).ConfigureAwait(false);
        }

        return await peers.ReportAsync(update).ConfigureAwait(false);
    }

    public Task LeaveAsync(string gateway) => Directory.LeaveAsync(gateway);

    private IGatewayDirectoryGrain Directory =>
        grains.GetGrain<IGatewayDirectoryGrain>(GrainKeys.GatewayDirectory(network.Value.Network));
}
