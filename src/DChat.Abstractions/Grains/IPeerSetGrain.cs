using DChat.Abstractions.Messages;
using DChat.Core;

namespace DChat.Abstractions.Grains;

/// <summary>
/// The peers of one gateway, as it last reported them. Held in memory only: gateways report every few seconds. Key: the
/// gateway's PeerId as text, see <see cref="GrainKeys.PeerSet"/>.
/// </summary>
[Alias("dchat.IPeerSetGrain"), GrainInterfaceType("dchat.IPeerSetGrain")]
public interface IPeerSetGrain : IGrainWithStringKey
{
    /// <summary>Replaces the report.</summary>
    /// <exception cref="DChatException">
    /// The caller is outside the cluster (<c>cluster-only</c>), or the report is of another gateway or over its limits
    /// (<c>report-malformed</c>); the former report stands.
    /// </exception>
    [Alias("ReportAsync"), ClusterOnly]
    Task ReportAsync(PeerSetReport report);

    /// <summary>The last report; null when there is none, or when it came more than <see cref="GatewayLiveness.Lifetime"/> ago.</summary>
    /// <exception cref="DChatException">The caller is a client without the operator token (<c>operator-only</c>).</exception>
    [Alias("DescribeAsync"), OperatorOnly]
    Task<PeerSetReport?> DescribeAsync();
}
