namespace DChat.Libp2p.Swarm;

/// <summary>How many connections a host takes part in, and how long setting one up may take.</summary>
public sealed class ConnectionLimits
{
    /// <summary>Connections in all. Default 1024, at least 1.</summary>
    public int MaxConnections { get; set; } = 1024;

    /// <summary>
    /// Connections that peers opened, those being set up included; less than <see cref="MaxConnections"/>, so that
    /// strangers cannot take every place. Default 768, at least 1.
    /// </summary>
    public int MaxInbound { get; set; } = 768;

    /// <summary>Connections with one peer, in either direction: two that dial each other at once keep both. Default 8, at least 2.</summary>
    public int MaxPerPeer { get; set; } = 8;

    /// <summary>Connections that one IPv4 address or IPv6 /64 opened, those being set up included. Default 64, at least 1.</summary>
    public int MaxInboundPerIp { get; set; } = 64;

    /// <summary>Inbound connections being set up at once. Default 64, at least 1.</summary>
    public int MaxPendingInbound { get; set; } = 64;

    /// <summary>
    /// The same from one IPv4 address or IPv6 /64: less than <see cref="MaxPendingInbound"/>, so that one that connects and
    /// says nothing cannot keep everybody else out. Default 16, at least 1.
    /// </summary>
    public int MaxPendingInboundPerIp { get; set; } = 16;

    /// <summary>Addresses being dialed at once, for all peers together; further ones wait. Default 64, at least 1.</summary>
    public int MaxConcurrentDials { get; set; } = 64;

    /// <summary>Addresses tried for one peer; the rest is passed over. Default 25, at least 1.</summary>
    public int MaxAddressesPerDial { get; set; } = 25;

    /// <summary>Time between starting on one address and the next while none has answered. Default 250 ms; above zero.</summary>
    public TimeSpan DialStagger { get; set; } = TimeSpan.FromMilliseconds(250);

    /// <summary>Time a transport has to connect. Default 5 s; above zero.</summary>
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Time for negotiation, handshake and multiplexer together. Default 10 s, as in js; above zero.</summary>
    public TimeSpan UpgradeTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Time to agree on the protocol of a stream. Default 10 s, as in js; above zero.</summary>
    public TimeSpan NegotiationTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>The names of options out of range, with the range; empty when all is well.</summary>
    internal IEnumerable<string> Validate()
    {
        var counts = new (string Name, int Value, int Least)[]
        {
            (nameof(MaxConnections), MaxConnections, 1),
            (nameof(MaxInbound), MaxInbound, 1),
            (nameof(MaxPerPeer), MaxPerPeer, 2),
            (nameof(MaxInboundPerIp), MaxInboundPerIp, 1),
            (nameof(MaxPendingInbound), MaxPendingInbound, 1),
            (nameof(MaxPendingInboundPerIp), MaxPendingInboundPerIp, 1),
            (nameof(MaxConcurrentDials), MaxConcurrentDials, 1),
            (nameof(MaxAddressesPerDial), MaxAddressesPerDial, 1),
        };
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
