using DChat.Abstractions.Messages;
using DChat.Core.Topics;
using DChat.Libp2p.Addresses;
using DChat.Libp2p.Host;
using DChat.Libp2p.Identity;

namespace DChat.Gateway.Peers;

/// <summary>The gateway and its peers as they are now.</summary>
internal sealed class LivePeerView(
    Libp2pHost host,
    Func<string, IReadOnlyList<PeerId>> peersOf,
    NetworkOptions network,
    GatewayOptions options,
    string silo,
    string relay,
    TimeProvider time)
{
    private readonly PeerReportBuilder _builder = new(network, peer => host.Peers.Find(peer)?.AgentVersion, peersOf);
    private readonly IReadOnlyList<Multiaddr> _announced = GatewayOptions.TryParse(options.Announce) ?? [];
    private readonly DateTimeOffset _startedAt = time.GetUtcNow();

    /// <summary>The gateway's PeerId as text.</summary>
    public string Gateway { get; } = host.LocalPeer.ToString();

    /// <summary>Looks at every connection.</summary>
    public PeerSetReport Take() => _builder.Build(Describe, time.GetUtcNow(), host.Connections.Select(ConnectedPeer.Of));

    private GatewayDescription Describe(int peers)
    {
        var addresses = _announced.Count > 0 ? _announced : host.ListenAddresses;
        return new GatewayDescription(
            Gateway,
            silo,
            relay,
            [.. addresses.Take(Libp2pOptions.MaxAnnouncedAddresses).Select(address => address.WithPeer(host.LocalPeer).ToString())],
            peers,
            _startedAt);
    }
}
