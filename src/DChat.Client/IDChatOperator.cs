using DChat.Abstractions.Messages;
using DChat.Core;
using DChat.Core.Topics;

namespace DChat.Client;

/// <summary>
/// What an operator's cluster tells about itself to those who run it. Needs no device; where the silos have an operator token,
/// every method fails with <c>operator-only</c> unless <see cref="DChatClientOptions.OperatorToken"/> is the same. Thread-safe; one a process is enough.
/// </summary>
public interface IDChatOperator
{
    /// <summary>The edge gateways that are part of the cluster now, by PeerId ascending; none when chat peers cannot reach it.</summary>
    /// <exception cref="DChatException">The cluster did not answer in time (<c>silo-unavailable</c>).</exception>
    Task<IReadOnlyList<GatewayDescription>> ListGatewaysAsync(CancellationToken cancellationToken = default);

    /// <summary>Who is connected to a gateway, not more than some seconds old.</summary>
    /// <param name="gateway">The gateway's <see cref="GatewayDescription.PeerId"/>.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>Its last report; null when it has sent none lately, as when there is no such gateway.</returns>
    /// <exception cref="ArgumentException"><paramref name="gateway"/> is empty.</exception>
    /// <exception cref="DChatException">The cluster did not answer in time, or has no edge silo (<c>silo-unavailable</c>).</exception>
    Task<PeerSetReport?> DescribePeersAsync(string gateway, CancellationToken cancellationToken = default);

    /// <summary>What a gateway knows of the network's DHT now: its routing table, and the gateways of relays that it has found.</summary>
    /// <param name="gateway">The gateway's <see cref="GatewayDescription.PeerId"/>.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>Null when the gateway has not reported lately, as when there is no such gateway.</returns>
    /// <exception cref="ArgumentException"><paramref name="gateway"/> is empty.</exception>
    /// <exception cref="DChatException">The cluster did not answer in time, or has no edge silo (<c>silo-unavailable</c>).</exception>
    Task<DhtDescription?> DescribeDhtAsync(string gateway, CancellationToken cancellationToken = default);

    /// <summary>Has a gateway look a peer up in the DHT, which takes up to some seconds.</summary>
    /// <param name="gateway">The gateway's <see cref="GatewayDescription.PeerId"/>.</param>
    /// <param name="peerId">The PeerId of whom to find, as text.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>What was found, perhaps nothing; null when the gateway has not reported lately, as when there is no such gateway.</returns>
    /// <exception cref="ArgumentException"><paramref name="gateway"/> or <paramref name="peerId"/> is empty.</exception>
    /// <exception cref="DChatException">
    /// <paramref name="peerId"/> is no PeerId (<c>peer-id-malformed</c>), or the cluster did not answer in time, or has no edge silo
    /// (<c>silo-unavailable</c>).
    /// </exception>
    Task<DhtFinding?> FindPeerAsync(string gateway, string peerId, CancellationToken cancellationToken = default);

    /// <summary>How a gateway takes part in circuit relay now: the reservations that it holds for others, and its own at relays.</summary>
    /// <param name="gateway">The gateway's <see cref="GatewayDescription.PeerId"/>.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>Null when the gateway has not reported lately, as when there is no such gateway.</returns>
    /// <exception cref="ArgumentException"><paramref name="gateway"/> is empty.</exception>
    /// <exception cref="DChatException">The cluster did not answer in time, or has no edge silo (<c>silo-unavailable</c>).</exception>
    Task<CircuitDescription?> DescribeCircuitsAsync(string gateway, CancellationToken cancellationToken = default);

    /// <summary>Names a relay at which a gateway reserves until it ends, besides those of its settings; takes up to some seconds.</summary>
    /// <param name="gateway">The gateway's <see cref="GatewayDescription.PeerId"/>.</param>
    /// <param name="relay">The relay's address, ending with <c>/p2p</c> and its PeerId.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>How it stands with the relay then; null when the gateway has not reported lately, as when there is no such gateway.</returns>
    /// <exception cref="ArgumentException"><paramref name="gateway"/> or <paramref name="relay"/> is empty.</exception>
    /// <exception cref="DChatException">
    /// <paramref name="relay"/> is no address of a relay (<c>relay-address-malformed</c>), or the cluster did not answer in time, or has no
    /// edge silo (<c>silo-unavailable</c>).
    /// </exception>
    Task<CircuitRelayDescription?> ReserveCircuitAsync(string gateway, string relay, CancellationToken cancellationToken = default);

    /// <summary>Gives up a gateway's reservation at a relay; the gateway forgets the relay until it starts again.</summary>
    /// <param name="gateway">The gateway's <see cref="GatewayDescription.PeerId"/>.</param>
    /// <param name="peerId">The relay's PeerId as text.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>Whether it knew the relay; null when the gateway has not reported lately, as when there is no such gateway.</returns>
    /// <exception cref="ArgumentException"><paramref name="gateway"/> or <paramref name="peerId"/> is empty.</exception>
    /// <exception cref="DChatException">The cluster did not answer in time, or has no edge silo (<c>silo-unavailable</c>).</exception>
    Task<bool?> ReleaseCircuitAsync(string gateway, string peerId, CancellationToken cancellationToken = default);

    /// <summary>How a gateway reconciles the cluster's shards with partners.</summary>
    /// <param name="gateway">The gateway's <see cref="GatewayDescription.PeerId"/>.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>Null when the gateway has not reported lately, as when there is no such gateway.</returns>
    /// <exception cref="ArgumentException"><paramref name="gateway"/> is empty.</exception>
    /// <exception cref="DChatException">The cluster did not answer in time, or has no edge silo (<c>silo-unavailable</c>).</exception>
    Task<SyncDescription?> DescribeSyncAsync(string gateway, CancellationToken cancellationToken = default);

    /// <summary>Has a gateway begin to reconcile now; a run that is under way is followed by another.</summary>
    /// <param name="gateway">The gateway's <see cref="GatewayDescription.PeerId"/>.</param>
    /// <param name="partner">The partner's PeerId as text; null for all.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>How it stands right after; null when the gateway has not reported lately, as when there is no such gateway.</returns>
    /// <exception cref="ArgumentException"><paramref name="gateway"/> is empty.</exception>
    /// <exception cref="DChatException">
    /// The gateway has no such partner (<c>partner-unknown</c>), or the cluster did not answer in time, or has no edge silo
    /// (<c>silo-unavailable</c>).
    /// </exception>
    Task<SyncDescription?> BeginSyncAsync(string gateway, string? partner, CancellationToken cancellationToken = default);

    /// <summary>
    /// Has the cluster read every message it keeps, open and sealed, and check it against roots, ids and checksums. Yields as it goes; takes as long as
    /// reading the disk does.
    /// </summary>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>The shard, and what a step has read and found in it.</returns>
    /// <exception cref="DChatException">
    /// A silo does not answer in time (<c>silo-unavailable</c>), or storage cannot be read (transient); what was read until then was yielded.
    /// </exception>
    IAsyncEnumerable<(ShardId Shard, ScrubPage Page)> ScrubAsync(CancellationToken cancellationToken = default);
}
