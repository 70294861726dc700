using DChat.Abstractions.Messages;

namespace DChat.Abstractions.Grains;

/// <summary>What a gateway answers about itself while it runs; <see cref="IPeerSetGrain"/> passes operators' questions on to it.</summary>
[Alias("dchat.IGatewayPort"), GrainInterfaceType("dchat.IGatewayPort")]
public interface IGatewayPort : IGrainObserver
{
    /// <summary>What it knows of the DHT.</summary>
    [Alias("DescribeDhtAsync")]
    Task<DhtDescription> DescribeDhtAsync();

    /// <summary>Looks a peer up in the DHT.</summary>
    /// <param name="peerId">The peer's PeerId as text.</param>
    /// <returns>Null when the text is no PeerId.</returns>
    [Alias("FindPeerAsync")]
    Task<DhtFinding?> FindPeerAsync(string peerId);

    /// <summary>How it takes part in circuit relay.</summary>
    [Alias("DescribeCircuitsAsync")]
    Task<CircuitDescription> DescribeCircuitsAsync();

    /// <summary>Names a relay to reserve at until the gateway ends, and asks it.</summary>
    /// <param name="relay">The relay's address, ending with <c>/p2p</c> and its PeerId.</param>
    /// <returns>How it stands with the relay then; null when the text is no such address.</returns>
    [Alias("ReserveCircuitAsync")]
    Task<CircuitRelayDescription?> ReserveCircuitAsync(string relay);

    /// <summary>Gives up the reservation at a relay and forgets the relay.</summary>
    /// <param name="peerId">The relay's PeerId as text.</param>
    /// <returns>Whether the relay was named or reserved at.</returns>
    [Alias("ReleaseCircuitAsync")]
    Task<bool> ReleaseCircuitAsync(string peerId);

    /// <summary>How it reconciles the cluster's shards with partners.</summary>
    [Alias("DescribeSyncAsync")]
    Task<SyncDescription> DescribeSyncAsync();

    /// <summary>Begins to reconcile now.</summary>
    /// <param name="partner">The partner's PeerId as text; null for all.</param>
    /// <returns>Whether there is such a partner.</returns>
    [Alias("BeginSyncAsync")]
    Task<bool> BeginSyncAsync(string? partner);
}
