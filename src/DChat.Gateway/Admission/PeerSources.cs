using System.Net;
using DChat.Core.Admission;
using DChat.Core.Envelopes;
using DChat.Libp2p.Addresses;
using DChat.Libp2p.Host;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Swarm;
using Microsoft.Extensions.Options;

namespace DChat.Gateway.Admission;

/// <summary>Says who bears the cost of what a peer sends: the peer, and the network its connection comes from.</summary>
internal sealed class PeerSources(Libp2pHost host, IOptions<GatewayOptions> options)
{
    private readonly HashSet<PeerId> _relays = [.. GatewayOptions.TryParsePeers(options.Value.RelayPeers)!];

    /// <summary>The source at the other end of a connection.</summary>
    public AdmissionSource Of(Door door, PeerConnection connection) => Of(door, connection.RemotePeer, connection.RemoteAddress);

    /// <summary>The source of what a peer gossips; of several connections the oldest counts.</summary>
    public AdmissionSource Of(Door door, PeerId peer) =>
        Of(door, peer, host.ConnectionsTo(peer) is [var connection, ..] ? connection.RemoteAddress : null);

    /// <summary>The network of an address: of one without IP, such as within the process, its first part.</summary>
    internal static NetworkPrefix PrefixOf(Multiaddr address)
    {
        var first = address.Components[0];
        return first.Protocol == MultiaddrProtocol.Ip4 || first.Protocol == MultiaddrProtocol.Ip6
            ? NetworkPrefix.Of(new IPAddress(first.Value.Span))
            : NetworkPrefix.Named(first.Protocol.Name);
    }

    private AdmissionSource Of(Door door, PeerId peer, Multiaddr? address) => new(
        door,
        peer.ToString(),
        address is null ? default : PrefixOf(address),
        _relays.Contains(peer) ? SourceTier.Relay : SourceTier.Leaf);
}
