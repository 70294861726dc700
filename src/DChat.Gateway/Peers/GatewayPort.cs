using DChat.Abstractions.Grains;
using DChat.Abstractions.Messages;
using DChat.Gateway.Discovery;
using DChat.Libp2p;
using DChat.Libp2p.Addresses;
using DChat.Libp2p.Host;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Protocols.AutoNat;
using DChat.Libp2p.Protocols.CircuitRelay;
using DChat.Libp2p.Protocols.Kad;

namespace DChat.Gateway.Peers;

/// <summary>Answers operators' questions from what the gateway's libp2p host knows now.</summary>
internal sealed class GatewayPort(
    Libp2pHost host, KademliaDht dht, RelayDiscovery discovery, CircuitRelayService circuits, AutoRelay autoRelay, AutoNat nat, TimeProvider time,
    IGatewaySync? sync = null) : IGatewayPort
{
    /// <summary>Time that a lookup or a relay may take when an operator asks: below the 5 s after which clients give a call up.</summary>
    internal static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(4);

    /// <inheritdoc/>
    public Task<DhtDescription> DescribeDhtAsync() => Task.FromResult(new DhtDescription(
        host.LocalPeer.ToString(),
        dht.Protocol,
        dht.IsServing,
        dht.Ready.IsCompletedSuccessfully,
        [.. dht.RoutingTable.Select(peer => new DhtPeerDescription(peer.Peer.ToString(), peer.Bucket, peer.SinceAnswer, peer.Failures, [.. peer.Groups]))],
        [.. discovery.Gateways.Select(Describe)]));

    /// <inheritdoc/>
    public async Task<DhtFinding?> FindPeerAsync(string peerId)
    {
        if (!PeerId.TryParse(peerId, out var peer))
        {
            return null;
        }

        using var timeout = new CancellationTokenSource(AnswerTimeout, time);
        IReadOnlyList<string> addresses = [];
        DiscoveredGateway? gateway = null;
        try
        {
            // A host does not look for itself.
            var found = peer.Equals(host.LocalPeer) ? host.ListenAddresses : (await dht.FindPeerAsync(peer, timeout.Token).ConfigureAwait(false))?.Addresses;
            addresses = [.. found?.Select(address => address.ToString()) ?? []];
            gateway = await discovery.FindAsync(peer, timeout.Token).ConfigureAwait(false);
        }
        catch (Exception fault) when (fault is OperationCanceledException or ObjectDisposedException)
        {
            // Time is over, or the gateway stops: what was found until then is the answer.
        }

        return new DhtFinding(peer.ToString(), [.. addresses], gateway is null ? null : Describe(gateway));
    }

    /// <inheritdoc/>
    public Task<CircuitDescription> DescribeCircuitsAsync() => Task.FromResult(CircuitReport.Of(host.LocalPeer, circuits, autoRelay, nat.Addresses));

    /// <inheritdoc/>
    public async Task<CircuitRelayDescription?> ReserveCircuitAsync(string relay)
    {
        if (!Multiaddr.TryParse(relay, out var address) || !AutoRelayOptions.IsRelay(address))
        {
            return null;
        }

        using var timeout = new CancellationTokenSource(AnswerTimeout, time);
        try
        {
            return CircuitReport.Of(await autoRelay.ReserveAsync(address, timeout.Token).ConfigureAwait(false));
        }
        catch (OperationCanceledException)
        {
            // The relay is still asked; how it stands now is the answer.
            return autoRelay.Relays.FirstOrDefault(known => known.Peer.Equals(address.Peer)) is { } status ? CircuitReport.Of(status) : null;
        }
        catch (Libp2pException failure)
        {
            return new CircuitRelayDescription(relay, CircuitReport.NameOf(AutoRelayState.Waiting), isNamed: false) { Fault = failure.Message };
        }
    }

    /// <inheritdoc/>
    public async Task<bool> ReleaseCircuitAsync(string peerId) =>
        PeerId.TryParse(peerId, out var peer) && await autoRelay.ReleaseAsync(peer).ConfigureAwait(false);

    /// <inheritdoc/>
    public Task<SyncDescription> DescribeSyncAsync() => Task.FromResult(sync?.Describe() ?? new SyncDescription(host.LocalPeer.ToString(), [], Served: 0));

    /// <inheritdoc/>
    public Task<bool> BeginSyncAsync(string? partner) => Task.FromResult(sync?.TryBegin(partner) ?? partner is null);

    private RelayGatewayDescription Describe(DiscoveredGateway gateway) => new(
        gateway.Peer.ToString(),
        gateway.Relay.ToString(),
        [.. gateway.Addresses.Select(address => address.ToString())],
        gateway.MadeAt,
        gateway.NotAfter,
        host.ConnectionsTo(gateway.Peer).Count > 0);
}
