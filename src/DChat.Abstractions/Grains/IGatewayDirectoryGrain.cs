using DChat.Abstractions.Messages;
using DChat.Core;

namespace DChat.Abstractions.Grains;

/// <summary>
/// The gateways of the cluster. Held in memory only: each announces itself every <see cref="GatewayLiveness.Period"/> and
/// is forgotten <see cref="GatewayLiveness.Lifetime"/> after its last announcement. Key: the network's name, see
/// <see cref="GrainKeys.GatewayDirectory"/>.
/// </summary>
[Alias("dchat.IGatewayDirectoryGrain"), GrainInterfaceType("dchat.IGatewayDirectoryGrain")]
public interface IGatewayDirectoryGrain : IGrainWithStringKey
{
    /// <summary>The most gateways a directory holds.</summary>
    const int MaxGateways = 1024;

    /// <summary>Adds a gateway or renews it.</summary>
    /// <exception cref="DChatException">
    /// The caller is outside the cluster (<c>cluster-only</c>), or the directory has <see cref="MaxGateways"/> others
    /// (<c>too-many-gateways</c>, transient).
    /// </exception>
    [Alias("AnnounceAsync"), ClusterOnly]
    Task AnnounceAsync(GatewayDescription gateway);

    /// <summary>Forgets a gateway, which may not be there.</summary>
    /// <exception cref="DChatException">The caller is outside the cluster (<c>cluster-only</c>).</exception>
    [Alias("LeaveAsync"), ClusterOnly]
    Task LeaveAsync(string peerId);

    /// <summary>The gateways, by PeerId ascending.</summary>
    /// <exception cref="DChatException">The caller is a client without the operator token (<c>operator-only</c>).</exception>
    [Alias("ListAsync"), OperatorOnly]
    Task<GatewayDescription[]> ListAsync();
}
