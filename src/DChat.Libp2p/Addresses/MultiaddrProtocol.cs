using System.Collections.Frozen;

namespace DChat.Libp2p.Addresses;

/// <summary>
/// One row of https://github.com/multiformats/multiaddr/blob/master/protocols.csv: what a component of a
/// <see cref="Multiaddr"/> is called and how long its value is.
/// </summary>
public sealed class MultiaddrProtocol
{
    /// <summary>The value's length is written before it.</summary>
    internal const int Prefixed = -1;

    /// <summary>IPv4 address.</summary>
    public static readonly MultiaddrProtocol Ip4 = new(4, "ip4", 4, MultiaddrValue.Ip);

    /// <summary>TCP port.</summary>
    public static readonly MultiaddrProtocol Tcp = new(6, "tcp", 2, MultiaddrValue.Port);

    /// <summary>IPv6 address.</summary>
    public static readonly MultiaddrProtocol Ip6 = new(41, "ip6", 16, MultiaddrValue.Ip);

    /// <summary>A name that resolves to either family.</summary>
    public static readonly MultiaddrProtocol Dns = new(53, "dns", Prefixed, MultiaddrValue.Text);

    /// <summary>A name that resolves to IPv4.</summary>
    public static readonly MultiaddrProtocol Dns4 = new(54, "dns4", Prefixed, MultiaddrValue.Text);

    /// <summary>A name that resolves to IPv6.</summary>
    public static readonly MultiaddrProtocol Dns6 = new(55, "dns6", Prefixed, MultiaddrValue.Text);

    /// <summary>A name whose TXT records hold multiaddrs.</summary>
    public static readonly MultiaddrProtocol Dnsaddr = new(56, "dnsaddr", Prefixed, MultiaddrValue.Text);

    /// <summary>A relayed connection (circuit relay v2).</summary>
    public static readonly MultiaddrProtocol P2pCircuit = new(290, "p2p-circuit", 0, MultiaddrValue.None);

    /// <summary>The peer expected at the address.</summary>
    public static readonly MultiaddrProtocol P2p = new(421, "p2p", Prefixed, MultiaddrValue.Peer);

    /// <summary>WebSocket over what precedes.</summary>
    public static readonly MultiaddrProtocol Ws = new(477, "ws", 0, MultiaddrValue.None);

    /// <summary>An in-process address.</summary>
    public static readonly MultiaddrProtocol Memory = new(777, "memory", Prefixed, MultiaddrValue.Text);

    private static readonly MultiaddrProtocol[] All =
    [
        Ip4, Tcp, Ip6, Dns, Dns4, Dns6, Dnsaddr, P2pCircuit, P2p, Ws, Memory,
        new(42, "ip6zone", Prefixed, MultiaddrValue.Text),
        new(43, "ipcidr", 1, MultiaddrValue.Byte),
        new(273, "udp", 2, MultiaddrValue.Port),
        new(280, "webrtc-direct", 0, MultiaddrValue.None),
        new(281, "webrtc", 0, MultiaddrValue.None),
        new(400, "unix", Prefixed, MultiaddrValue.Path),
        new(448, "tls", 0, MultiaddrValue.None),
        new(449, "sni", Prefixed, MultiaddrValue.Text),
        new(461, "quic-v1", 0, MultiaddrValue.None),
        new(465, "webtransport", 0, MultiaddrValue.None),
        new(466, "certhash", Prefixed, MultiaddrValue.CertHash),
        new(478, "wss", 0, MultiaddrValue.None),
        new(480, "http", 0, MultiaddrValue.None),
        new(481, "http-path", Prefixed, MultiaddrValue.Text),
    ];

    private static readonly FrozenDictionary<ulong, MultiaddrProtocol> ByCode = All.ToFrozenDictionary(p => p.Code);
    private static readonly FrozenDictionary<string, MultiaddrProtocol> ByName = All.ToFrozenDictionary(p => p.Name);

    private MultiaddrProtocol(ulong code, string name, int size, MultiaddrValue kind)
    {
        Code = code;
        Name = name;
        Size = size;
        Kind = kind;
    }

    /// <summary>The multicodec code.</summary>
    public ulong Code { get; }

    /// <summary>The name used in text, such as <c>tcp</c>.</summary>
    public string Name { get; }

    /// <summary>Bytes of the value, or <see cref="Prefixed"/>.</summary>
    internal int Size { get; }

    /// <summary>How the value is written as text.</summary>
    internal MultiaddrValue Kind { get; }

    /// <inheritdoc/>
    public override string ToString() => Name;

    /// <summary>Null for codes not in the table: their length cannot be known (multiaddr README).</summary>
    internal static MultiaddrProtocol? Find(ulong code) => ByCode.GetValueOrDefault(code);

    internal static MultiaddrProtocol? Find(string name) => ByName.GetValueOrDefault(name);
}
