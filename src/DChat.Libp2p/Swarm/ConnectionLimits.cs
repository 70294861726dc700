namespace DChat.Libp2p.Swarm;

/// <summary>How many connections a host takes part in, and how long setting one up may take.</summary>
public sealed class ConnectionLimits
{
    /// <summary>Connections in all. Default 1024, at least 1.</summary>
    public int MaxConnections { get; set; } = 1024;

    /// <summary>
    /// Connections that peers opened; less than <see cref="MaxConnections"/>, so that strangers cannot take every place. One more
    /// takes the place of another, of the network that holds the most. Default 768, at least 1.
    /// </summary>
    public int MaxInbound { get; set; } = 768;

    /// <summary>Connections with one peer, in either direction: two that dial each other at once keep both. Default 8, at least 2.</summary>
    public int MaxPerPeer { get; set; } = 8;

    /// <summary>
    /// Connections that have lost their places to others and are not gone yet; while there are as many, none loses its place, and a
    /// newcomer without one is refused. From half of it on, those of the network that has the most are closed without a farewell.
    /// Default 256, at least 1.
    /// </summary>
    public int MaxClosing { get; set; } = 256;

    /// <summary>
    /// Connections that the peers of one network opened; one more takes the place of another of that network. Default 64 for an
    /// IPv4 address and an IPv6 /64, 128 for a /56, 256 for a /24 and a /48, 512 for a /16 and a /32, so that no block takes all places.
    /// </summary>
    public NetworkLimits InboundPerNetwork { get; } = new();

    /// <summary>
    /// Inbound connections being set up at once, besides those that are open. One more takes the place of the oldest of the network
    /// that holds the most. Default 64, at least 1.
    /// </summary>
    public int MaxPendingInbound { get; set; } = 64;

    /// <summary>
    /// The same from one network, where the oldest of that network loses its place. Default 16 for an IPv4 address and an IPv6 /64,
    /// 24 for a /56, 32 for a /24 and a /48, 48 for a /16 and a /32.
    /// </summary>
    public NetworkLimits PendingInboundPerNetwork { get; } =
        new() { Ip4Slash32 = 16, Ip4Slash24 = 32, Ip4Slash16 = 48, Ip6Slash64 = 16, Ip6Slash56 = 24, Ip6Slash48 = 32, Ip6Slash32 = 48 };

    /// <summary>Handshakes a second. What exceeds them waits in its place for connections being set up.</summary>
    public HandshakeLimits Handshakes { get; } = new();

    /// <summary>Addresses being dialed at once, for all peers together; further ones wait. Default 64, at least 1.</summary>
    public int MaxConcurrentDials { get; set; } = 64;

    /// <summary>The same for one peer. Default 8, at least 1.</summary>
    public int MaxConcurrentDialsPerPeer { get; set; } = 8;

    /// <summary>
    /// The same in one network. Default 16 for an IPv4 address and an IPv6 /64, 24 for a /56, 32 for a /24 and a /48, 48 for a
    /// /16 and a /32.
    /// </summary>
    public NetworkLimits DialsPerNetwork { get; } =
        new() { Ip4Slash32 = 16, Ip4Slash24 = 32, Ip4Slash16 = 48, Ip6Slash64 = 16, Ip6Slash56 = 24, Ip6Slash48 = 32, Ip6Slash32 = 48 };

    /// <summary>Addresses tried for one peer, those that names lead to included; the rest is passed over. Default 25, at least 1.</summary>
    public int MaxAddressesPerDial { get; set; } = 25;

    /// <summary>Time between starting on one address and the next while none has answered. Default 250 ms; above zero.</summary>
    public TimeSpan DialStagger { get; set; } = TimeSpan.FromMilliseconds(250);

    /// <summary>Time a transport has to connect. Default 5 s; above zero.</summary>
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Time for negotiation, handshake and multiplexer together. Default 10 s, as in js; above zero.</summary>
    public TimeSpan UpgradeTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Time to agree on the protocol of a stream. Default 10 s, as in js; above zero.</summary>
    public TimeSpan NegotiationTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Time to open a stream as a whole: to connect if need be, to find a place and to agree on a protocol. Default 30 s; above zero.</summary>
    public TimeSpan NewStreamTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>The names of options out of range, with the range; empty when all is well.</summary>
    internal IEnumerable<string> Validate()
    {
        (string Name, int Value, int Least)[] counts =
        [
            (nameof(MaxConnections), MaxConnections, 1),
            (nameof(MaxInbound), MaxInbound, 1),
            (nameof(MaxPerPeer), MaxPerPeer, 2),
            (nameof(MaxClosing), MaxClosing, 1),
            (nameof(MaxPendingInbound), MaxPendingInbound, 1),
            (nameof(MaxConcurrentDials), MaxConcurrentDials, 1),
            (nameof(MaxConcurrentDialsPerPeer), MaxConcurrentDialsPerPeer, 1),
            (nameof(MaxAddressesPerDial), MaxAddressesPerDial, 1),
            .. InboundPerNetwork.Ranges(nameof(InboundPerNetwork)),
            .. DialsPerNetwork.Ranges(nameof(DialsPerNetwork)),
            .. Handshakes.Ranges(nameof(Handshakes)),
            .. PendingInboundPerNetwork.Ranges(nameof(PendingInboundPerNetwork)),
        ];
        foreach (var (name, value, least) in counts)
        {
            if (value < least)
            {
                yield return $"{name} must be at least {least}.";
            }
        }

        var times = new (string Name, TimeSpan Value)[]
        {
            (nameof(DialStagger), DialStagger),
            (nameof(ConnectTimeout), ConnectTimeout),
            (nameof(UpgradeTimeout), UpgradeTimeout),
            (nameof(NegotiationTimeout), NegotiationTimeout),
            (nameof(NewStreamTimeout), NewStreamTimeout),
        };
        foreach (var (name, value) in times)
        {
            if (value <= TimeSpan.Zero)
            {
                yield return $"{name} must be above zero.";
            }
        }
    }
}
