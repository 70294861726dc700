using System.Net;
using DChat.Core.Admission;
using DChat.Libp2p.Addresses;
using DChat.Libp2p.Swarm;

namespace DChat.Federation.Sync;

/// <summary>The network that a peer's limits go by.</summary>
internal static class PeerNetwork
{
    /// <summary>That of the other end of a connection; of one without IP, its first part.</summary>
    public static NetworkPrefix Of(PeerConnection connection)
    {
        var first = connection.RemoteAddress.Components[0];
        return first.Protocol == MultiaddrProtocol.Ip4 || first.Protocol == MultiaddrProtocol.Ip6
            ? NetworkPrefix.Of(new IPAddress(first.Value.Span))
            : NetworkPrefix.Named(first.Protocol.Name);
    }
}
