using DChat.Abstractions.Grains;
using DChat.Abstractions.Messages;
using DChat.Gateway.Discovery;
using DChat.Libp2p.Host;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Protocols.Kad;

namespace DChat.Gateway.Peers;

/// <summary>Answers operators' questions from what the gateway's libp2p host knows now.</summary>
internal sealed class GatewayPort(Libp2pHost host, KademliaDht dht, RelayDiscovery discovery, TimeProvider time) : IGatewayPort
{
    /// <summary>Time that a lookup for an operator may take: below that of a call.</summary>
    internal static readonly TimeSpan LookupTimeout = TimeSpan.FromSeconds(8);

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

        using var timeout = new CancellationTokenSource(LookupTimeout, time);
        IReadOnlyList<string> addresses = [];
        DiscoveredGateway? gateway = null;
        try
        {
            var found = await dht.FindPeerAsync(peer, timeout.Token).ConfigureAwait(false);
            addresses = [.. found?.Addresses.Select(address => address.ToString()) ?? []];
            gateway = await discovery.FindAsync(peer, timeout.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // What was found until then is the answer.
        }

        return new DhtFinding(peer.ToString(), [.. addresses], gateway is null ? null : Describe(gateway));
    }

    private RelayGatewayDescription Describe(DiscoveredGateway gateway) => new(
        gateway.Peer.ToString(),
        gateway.Relay.ToString(),
        [.. gateway.Addresses.Select(address => address.ToString())],
        gateway.MadeAt,
        gateway.NotAfter,
        host.ConnectionsTo(gateway.Peer).Count > 0);
}
