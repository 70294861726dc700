using System.Net;

namespace DChat.Libp2p.Addresses;

/// <summary>Tells the <see cref="AddressClass"/> of an address, and which classes a peer may tell about.</summary>
public static class AddressClasses
{
    /// <summary>The class of the host that an address begins with; for an address through a relay, the relay's.</summary>
    public static AddressClass Of(Multiaddr address)
    {
        ArgumentNullException.ThrowIfNull(address);
        var components = address.Components;
        var host = components[0].Protocol.Name == "ip6zone" && components.Count > 1 ? components[1] : components[0];
        if (host.Protocol == MultiaddrProtocol.Ip4 || host.Protocol == MultiaddrProtocol.Ip6)
        {
            return Of(new IPAddress(host.Value.Span));
        }

        // Both exist within this machine only.
        if (host.Protocol == MultiaddrProtocol.Memory || host.Protocol.Name == "unix")
        {
            return AddressClass.Loopback;
        }

        if (host.Protocol == MultiaddrProtocol.P2p || host.Protocol == MultiaddrProtocol.Dnsaddr)
        {
            return AddressClass.Unresolved;
        }

        return HostNames.IsName(host.Protocol) ? HostNames.ClassOf(host.Text) : AddressClass.Unusable;
    }

    /// <summary>
    /// The class of an IP address, by the special-purpose registries of IANA (RFC 6890). An IPv6 address that carries an
    /// IPv4 address is of that one's class, or unusable where the carried one must be public and is not.
    /// </summary>
    public static AddressClass Of(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        return SpecialNetworks.ClassOf(address);
    }

    /// <summary>The class that whoever is at the other end of a connection speaks from. A relayed peer may be anywhere.</summary>
    /// <param name="remoteAddress">The other end.</param>
    public static AddressClass OfTeller(Multiaddr remoteAddress)
    {
        ArgumentNullException.ThrowIfNull(remoteAddress);
        return remoteAddress.IsRelayed ? AddressClass.Public : Of(remoteAddress);
    }

    /// <summary>
    /// Whether an address of one class means the same host to someone of another: loopback addresses only within this
    /// machine, private ones there and in private networks, public ones everywhere. It holds for what is told to a peer
    /// and for what a peer tells.
    /// </summary>
    /// <param name="peer">The peer's class; see <see cref="OfTeller"/>.</param>
    /// <param name="address">The address's class.</param>
    public static bool IsShared(AddressClass peer, AddressClass address) => address switch
    {
        AddressClass.Unusable => false,
        AddressClass.Loopback => peer == AddressClass.Loopback,
        AddressClass.Private => peer is AddressClass.Loopback or AddressClass.Private,
        _ => true,
    };
}
