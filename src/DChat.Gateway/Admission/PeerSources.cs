using System.Net;
using DChat.Core.Admission;
using DChat.Core.Envelopes;
using DChat.Libp2p.Addresses;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Swarm;
using Microsoft.Extensions.Options;

namespace DChat.Gateway.Admission;

/// <summary>Says who bears the cost of what a peer sends: the peer, and the network its connection comes from.</summary>
internal sealed class PeerSources(IOptions<GatewayOptions> options)
{
    private readonly HashSet<PeerId> _relays = [.. GatewayOptions.TryParsePeers(options.Value.RelayPeers)!];

    /// <summary>Whether the operator vouches for a relay.</summary>
    public bool IsVouched(PeerId peer) => _relays.Contains(peer);

    /// <summary>The source at the other end of a connection, which may be closed.</summary>
    public AdmissionSource Of(Door door, PeerConnection connection) => new(
        door,
        connection.RemotePeer.ToString(),
        PrefixOf(connection.RemoteAddress),
        _relays.Contains(connection.RemotePeer) ? SourceTier.Relay : SourceTier.Leaf);

    /// <summary>The network of an address: of one without IP, such as within the process, its first part.</summary>
    internal static NetworkPrefix PrefixOf(Multiaddr address)
    {
        var first = address.Components[0];
        return first.Protocol == MultiaddrProtocol.Ip4 || first.Protocol == MultiaddrProtocol.Ip6
            ? NetworkPrefix.Of(new IPAddress(first.Value.Span))
            : NetworkPrefix.Named(first.Protocol.Name);
    }
}
