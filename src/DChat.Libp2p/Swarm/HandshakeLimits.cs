namespace DChat.Libp2p.Swarm;

/// <summary>
/// How many handshakes of inbound connections a host takes on. A handshake costs about a millisecond of the processor for a few bytes
/// of the peer, so what exceeds these rates waits. The defaults let everyone behind one address come back at once.
/// </summary>
public sealed class HandshakeLimits
{
    /// <summary>Handshakes a second with one IPv4 address or IPv6 /64. Default 32, at least 1.</summary>
    public int PerIp { get; set; } = 32;

    /// <summary>As many may come at once. Default 256, at least 1.</summary>
    public int PerIpBurst { get; set; } = 256;

    /// <summary>Handshakes a second with one IPv4 /24 or IPv6 /48. Default 64, at least 1.</summary>
    public int PerNetwork { get; set; } = 64;

    /// <summary>As many may come at once. Default 512, at least 1.</summary>
    public int PerNetworkBurst { get; set; } = 512;

    /// <summary>Handshakes a second with one block, an IPv4 /16 or an IPv6 /32. Default 128, at least 1.</summary>
    public int PerBlock { get; set; } = 128;

    /// <summary>As many may come at once. Default 768, at least 1.</summary>
    public int PerBlockBurst { get; set; } = 768;

    /// <summary>Handshakes a second with everybody together: about a quarter of a core. Default 256, at least 1.</summary>
    public int Total { get; set; } = 256;

    /// <summary>As many may come at once. Default 1024, at least 1.</summary>
    public int TotalBurst { get; set; } = 1024;

    internal IEnumerable<(string Name, int Value, int Least)> Ranges(string name) =>
    [
        ($"{name}.{nameof(PerIp)}", PerIp, 1),
        ($"{name}.{nameof(PerIpBurst)}", PerIpBurst, 1),
        ($"{name}.{nameof(PerNetwork)}", PerNetwork, 1),
        ($"{name}.{nameof(PerNetworkBurst)}", PerNetworkBurst, 1),
        ($"{name}.{nameof(PerBlock)}", PerBlock, 1),
        ($"{name}.{nameof(PerBlockBurst)}", PerBlockBurst, 1),
        ($"{name}.{nameof(Total)}", Total, 1),
        ($"{name}.{nameof(TotalBurst)}", TotalBurst, 1),
    ];
}
