using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace DChat.Core.Admission;

/// <summary>
/// The network a caller comes from, as budgets count it: an IPv4 address or an IPv6 /64. Peers and keys are free, networks
/// are not. Two callers of which nothing is known have the same prefix, the default value.
/// </summary>
public readonly record struct NetworkPrefix
{
    private readonly AddressFamily _family;
    private readonly ulong _bits;
    private readonly string? _name;

    private NetworkPrefix(AddressFamily family, ulong bits, string? name) => (_family, _bits, _name) = (family, bits, name);

    /// <summary>The prefix of an address. An IPv4 address within IPv6 counts as IPv4.</summary>
    public static NetworkPrefix Of(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        var bytes = (address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address).GetAddressBytes();

        // Whoever has one IPv6 address has the other 2⁶⁴ of its subnet too.
        return bytes.Length == 4
            ? new NetworkPrefix(AddressFamily.InterNetwork, BinaryPrimitives.ReadUInt32BigEndian(bytes), name: null)
            : new NetworkPrefix(AddressFamily.InterNetworkV6, BinaryPrimitives.ReadUInt64BigEndian(bytes), name: null);
    }

    /// <summary>The prefix of a caller that has no address: a client of the cluster, a peer within the process.</summary>
    /// <param name="name">What the connection calls it, never what the caller says.</param>
    public static NetworkPrefix Named(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return new NetworkPrefix(AddressFamily.Unspecified, 0, name);
    }

    /// <summary>Such as <c>192.0.2.1</c>, <c>2001:db8:0:1::/64</c>, or the name.</summary>
    public override string ToString()
    {
        if (_family == AddressFamily.Unspecified)
        {
            return _name ?? "unknown";
        }

        Span<byte> bytes = stackalloc byte[16];
        bytes.Clear();
        if (_family == AddressFamily.InterNetwork)
        {
            BinaryPrimitives.WriteUInt32BigEndian(bytes, (uint)_bits);
            return new IPAddress(bytes[..4]).ToString();
        }

        BinaryPrimitives.WriteUInt64BigEndian(bytes, _bits);
        return $"{new IPAddress(bytes)}/64";
    }
}
