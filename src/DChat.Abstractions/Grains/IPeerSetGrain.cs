using DChat.Abstractions.Messages;
using DChat.Core;
using Orleans.Concurrency;

namespace DChat.Abstractions.Grains;

/// <summary>
/// The peers of one gateway, as it last reported them. Held in memory only: gateways report every few seconds. Key: the
/// gateway's PeerId as text, see <see cref="GrainKeys.PeerSet"/>.
/// </summary>
[Alias("dchat.IPeerSetGrain"), GrainInterfaceType("dchat.IPeerSetGrain")]
public interface IPeerSetGrain : IGrainWithStringKey
{
    /// <summary>Takes what has changed since the update before, and keeps the report alive.</summary>
    /// <returns>
    /// Whether the set is now as the gateway says; false when the grain lacks the update's base, as after it was activated
    /// anew: then the gateway begins again with an empty set.
    /// </returns>
    /// <exception cref="DChatException">
    /// The caller is outside the cluster (<c>cluster-only</c>), or the update is of another gateway or over its limits
    /// (<c>report-malformed</c>); the former report stands.
    /// </exception>
    [Alias("ReportAsync"), ClusterOnly]
    Task<bool> ReportAsync(PeerSetUpdate update);

    /// <summary>The gateway and its peers by the last whole report; null when there is none, or when its last update came more than <see cref="GatewayLiveness.Lifetime"/> ago.</summary>
    /// <exception cref="DChatException">The caller is a client without the operator token (<c>operator-only</c>).</exception>
    [Alias("DescribeAsync"), OperatorOnly]
    Task<PeerSetReport?> DescribeAsync();

    /// <summary>Says where the gateway answers questions, until it says so again.</summary>
    /// <exception cref="DChatException">The caller is outside the cluster (<c>cluster-only</c>).</exception>
    [Alias("AttachAsync"), ClusterOnly]
    Task AttachAsync(IGatewayPort port);

    /// <summary>What the gateway knows of the DHT; null when it has not reported lately.</summary>
    /// <exception cref="DChatException">The caller is a client without the operator token (<c>operator-only</c>).</exception>
    [Alias("DescribeDhtAsync"), OperatorOnly, AlwaysInterleave]
    Task<DhtDescription?> DescribeDhtAsync();

    /// <summary>Has the gateway look a peer up in the DHT, for 4 s at most; what was found until then is the answer.</summary>
    /// <param name="peerId">The peer's PeerId as text.</param>
    /// <returns>Null when the gateway has not reported lately.</returns>
    /// <exception cref="DChatException">
    /// The caller is a client without the operator token (<c>operator-only</c>), or the text is no PeerId (<c>peer-id-malformed</c>).
    /// </exception>
    [Alias("FindPeerAsync"), OperatorOnly, AlwaysInterleave]
    Task<DhtFinding?> FindPeerAsync(string peerId);

    /// <summary>How the gateway takes part in circuit relay; null when it has not reported lately.</summary>
    /// <exception cref="DChatException">The caller is a client without the operator token (<c>operator-only</c>).</exception>
    [Alias("DescribeCircuitsAsync"), OperatorOnly, AlwaysInterleave]
    Task<CircuitDescription?> DescribeCircuitsAsync();

    /// <summary>Names a relay at which the gateway reserves until it ends, and has it asked, for 4 s at most.</summary>
    /// <param name="relay">The relay's address, ending with <c>/p2p</c> and its PeerId.</param>
    /// <returns>How it stands with the relay then; null when the gateway has not reported lately.</returns>
    /// <exception cref="DChatException">
    /// The caller is a client without the operator token (<c>operator-only</c>), or the text is no address of a relay (<c>relay-address-malformed</c>).
    /// </exception>
    [Alias("ReserveCircuitAsync"), OperatorOnly, AlwaysInterleave]
    Task<CircuitRelayDescription?> ReserveCircuitAsync(string relay);

    /// <summary>Gives up the gateway's reservation at a relay and forgets the relay.</summary>
    /// <param name="peerId">The relay's PeerId as text.</param>
    /// <returns>Null when the gateway has not reported lately.</returns>
    /// <exception cref="DChatException">The caller is a client without the operator token (<c>operator-only</c>).</exception>
    [Alias("ReleaseCircuitAsync"), OperatorOnly, AlwaysInterleave]
    Task<CircuitRelease?> ReleaseCircuitAsync(string peerId);

    /// <summary>How the gateway reconciles the cluster's shards with partners; null when it has not reported lately.</summary>
    /// <exception cref="DChatException">The caller is a client without the operator token (<c>operator-only</c>).</exception>
    [Alias("DescribeSyncAsync"), OperatorOnly, AlwaysInterleave]
    Task<SyncDescription?> DescribeSyncAsync();

    /// <summary>Has the gateway begin to reconcile now.</summary>
    /// <param name="partner">The partner's PeerId as text; null for all.</param>
    /// <returns>How it stands right after; null when the gateway has not reported lately.</returns>
    /// <exception cref="DChatException">
    /// The caller is a client without the operator token (<c>operator-only</c>), or the gateway has no such partner (<c>partner-unknown</c>).
    /// </exception>
    [Alias("BeginSyncAsync"), OperatorOnly, AlwaysInterleave]
    Task<SyncDescription?> BeginSyncAsync(string? partner);
}
