using System.Net;
using DChat.Libp2p.Addresses;
using DChat.Libp2p.Streams;
using DChat.Libp2p.Swarm;

namespace DChat.Libp2p.Protocols.AutoNat;

/// <summary>Which address of a request the server dials, if any.</summary>
internal sealed class DialPolicy(ILibp2pHost host, AutoNatOptions options)
{
    /// <summary>
    /// The index of the first address to dial; null when there is none. Names are none: one may lead to many places, and a request
    /// is for one dial.
    /// </summary>
    internal int? Choose(IReadOnlyList<Multiaddr?> addresses, PeerConnection asker)
    {
        if (asker.RemoteAddress.IsRelayed)
        {
            return null;
        }

        for (var i = 0; i < Math.Min(addresses.Count, options.Server.MaxAddresses); i++)
        {
            if (addresses[i] is { } address && (address.Peer is null || address.Peer.Equals(asker.RemotePeer)) && IsToDial(address.WithoutPeer(), asker))
            {
                return i;
            }
        }

        return null;
    }

    /// <summary>Whether two addresses are of one host, ports aside.</summary>
    internal static bool IsSameHost(Multiaddr one, Multiaddr other) =>
        IpOf(one) is { } ip && IpOf(other) is { } otherIp ? ip.Equals(otherIp) : one.Components[0].Protocol == other.Components[0].Protocol && one.Components[0].Text == other.Components[0].Text;

    private bool IsToDial(Multiaddr address, PeerConnection asker)
    {
        if (address.IsRelayed || address.Components[0].Protocol == MultiaddrProtocol.P2p || !host.CanDial(address))
        {
            return false;
        }

        var isPublic = IpOf(address) is { } ip && AddressClasses.Of(ip) == AddressClass.Public;
        return isPublic
            ? IsReachableFamily(address, asker) && !IsOwn(address)
            : options.AllowsPrivateAddresses && AddressClasses.Of(address) is AddressClass.Private or AddressClass.Loopback;
    }

    /// <summary>A host without IPv6 would only find that it has none.</summary>
    private bool IsReachableFamily(Multiaddr address, PeerConnection asker) =>
        IsSameFamily(address, asker.RemoteAddress)
        || host.Addresses.Listening.Concat(host.Connections.Select(c => c.RemoteAddress))
            .Any(a => !a.IsRelayed && IsSameFamily(address, a) && AddressClasses.Of(a) == AddressClass.Public);

    /// <summary>What else runs on this machine may trust who comes from it.</summary>
    private bool IsOwn(Multiaddr address) =>
        host.Addresses.Listening.Concat(host.Addresses.Announced).Concat(host.Addresses.Observed).Concat(host.Addresses.Confirmed)
            .Any(own => !own.IsRelayed && IsSameHost(own, address));

    private static bool IsSameFamily(Multiaddr one, Multiaddr other) => IpOf(one)?.AddressFamily == IpOf(other)?.AddressFamily;

    private static IPAddress? IpOf(Multiaddr address)
    {
        var host = address.Components[0];
        if (host.Protocol != MultiaddrProtocol.Ip4 && host.Protocol != MultiaddrProtocol.Ip6)
        {
            return null;
        }

        var ip = new IPAddress(host.Value.Span);
        return ip.IsIPv4MappedToIPv6 ? ip.MapToIPv4() : ip;
    }
}
