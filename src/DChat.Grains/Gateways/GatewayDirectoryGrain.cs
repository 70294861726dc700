using DChat.Abstractions.Grains;
using DChat.Abstractions.Messages;
using DChat.Core;
using DChat.Core.Topics;
using Microsoft.Extensions.Options;

namespace DChat.Grains.Gateways;

/// <summary>The directory of gateways: a shell over <see cref="GatewayTable"/>. Any silo hosts it, so that it works while no core is there.</summary>
[GrainType("dchat.gateway-directory")]
public sealed class GatewayDirectoryGrain(IOptions<NetworkOptions> network, TimeProvider time)
    : Grain, IGatewayDirectoryGrain
{
    private readonly GatewayTable _gateways = new(time);

    /// <inheritdoc/>
    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        var key = this.GetPrimaryKeyString();
        return key == GrainKeys.GatewayDirectory(network.Value.Network)
            ? Task.CompletedTask
            : throw new DChatException("wrong-network", $"The cluster serves network {network.Value.Network}, not '{key}'.");
    }

    /// <inheritdoc/>
    public Task AnnounceAsync(GatewayDescription gateway) => _gateways.TryAnnounce(gateway)
        ? Task.CompletedTask
        : throw new DChatException(
            "too-many-gateways", $"The directory has {IGatewayDirectoryGrain.MaxGateways} gateways already.", isTransient: true);

    /// <inheritdoc/>
    public Task LeaveAsync(string peerId)
    {
        _gateways.Remove(peerId);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task<GatewayDescription[]> ListAsync() => Task.FromResult(_gateways.List());
}
