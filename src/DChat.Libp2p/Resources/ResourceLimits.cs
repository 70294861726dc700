using DChat.Libp2p.Swarm;

namespace DChat.Libp2p.Resources;

/// <summary>
/// How much a host holds for its peers, for <see cref="ResourceManager"/>. How many connections it has is said by
/// <see cref="ConnectionLimits"/>.
/// </summary>
/// <remarks>
/// The last eighth of what a host or a network has is for those within it that hold less than their share, which is the rest by their
/// number. So whoever takes what it can takes seven eighths, and then gives back what others need.
/// </remarks>
public sealed class ResourceLimits
{
    private const int MiB = 1024 * 1024;

    /// <summary>Streams that peers opened, over all connections. Default 16384, at least 1.</summary>
    public int MaxInboundStreams { get; set; } = 16_384;

    /// <summary>Streams that this side opened, over all connections. Default 16384, at least 1.</summary>
    public int MaxOutboundStreams { get; set; } = 16_384;

    /// <summary>Streams that one peer opened, over all of its connections. Default 1024, at least 1.</summary>
    public int MaxInboundStreamsPerPeer { get; set; } = 1024;

    /// <summary>Streams that this side opened to one peer, over all connections with it. Default 1024, at least 1.</summary>
    public int MaxOutboundStreamsPerPeer { get; set; } = 1024;

    /// <summary>Streams of one protocol that peers opened. Default 16384, at least 1. How many of them one peer may have is said with the handler.</summary>
    public int MaxInboundStreamsPerProtocol { get; set; } = 16_384;

    /// <summary>Streams of one protocol that this side opened. Default 16384, at least 1.</summary>
    public int MaxOutboundStreamsPerProtocol { get; set; } = 16_384;

    /// <summary>
    /// Streams that the peers of one network opened. Default 2048 for an IPv4 address and an IPv6 /64, 4096 for a /56, 8192 for a /24
    /// and a /48, 12288 for a /16 and a /32.
    /// </summary>
    public NetworkLimits InboundStreamsPerNetwork { get; } = Scaled(2048);

    /// <summary>
    /// Bytes held for peers: what they have sent and nobody has read yet, what waits to be sent to them beyond 64 KiB a connection, and
    /// <see cref="ResourceManager.StreamOverhead"/> for every stream. When half of it is used no window grows any more; a stream that
    /// brings more than there is room for is reset. Default 256 MiB, at least 1 MiB.
    /// </summary>
    public long MaxMemory { get; set; } = 256L * MiB;

    /// <summary>The same for one peer. Default 64 MiB, at least 512 KiB.</summary>
    public long MaxMemoryPerPeer { get; set; } = 64L * MiB;

    /// <summary>
    /// The same for one network, in bytes. Default 64 MiB for an IPv4 address and an IPv6 /64, 96 MiB for a /56, 128 MiB for a /24 and a /48,
    /// 192 MiB for a /16 and a /32.
    /// </summary>
    public NetworkLimits MemoryPerNetwork { get; } = new()
    {
        Ip4Slash32 = 64 * MiB,
        Ip4Slash24 = 128 * MiB,
        Ip4Slash16 = 192 * MiB,
        Ip6Slash64 = 64 * MiB,
        Ip6Slash56 = 96 * MiB,
        Ip6Slash48 = 128 * MiB,
        Ip6Slash32 = 192 * MiB,
    };

    /// <summary>The names of options out of range, with the range; empty when all is well.</summary>
    internal IEnumerable<string> Validate()
    {
        const int LeastMemory = 512 * 1024;
        (string Name, long Value, long Least)[] ranges =
        [
            (nameof(MaxInboundStreams), MaxInboundStreams, 1),
            (nameof(MaxOutboundStreams), MaxOutboundStreams, 1),
            (nameof(MaxInboundStreamsPerPeer), MaxInboundStreamsPerPeer, 1),
            (nameof(MaxOutboundStreamsPerPeer), MaxOutboundStreamsPerPeer, 1),
            (nameof(MaxInboundStreamsPerProtocol), MaxInboundStreamsPerProtocol, 1),
            (nameof(MaxOutboundStreamsPerProtocol), MaxOutboundStreamsPerProtocol, 1),
            (nameof(MaxMemory), MaxMemory, MiB),
            (nameof(MaxMemoryPerPeer), MaxMemoryPerPeer, LeastMemory),
            .. InboundStreamsPerNetwork.Ranges(nameof(InboundStreamsPerNetwork)).Select(r => (r.Name, (long)r.Value, (long)r.Least)),
            .. MemoryPerNetwork.Ranges(nameof(MemoryPerNetwork)).Select(r => (r.Name, (long)r.Value, (long)LeastMemory)),
        ];
        return ranges.Where(r => r.Value < r.Least).Select(r => $"{r.Name} must be at least {r.Least}.");
    }

    private static NetworkLimits Scaled(int perIp)
    {
        var limits = new NetworkLimits();
        limits.SetPerIp(perIp);

        // So that no block has all of them.
        limits.Ip4Slash16 = limits.Ip6Slash32 = 6 * perIp;
        return limits;
    }
}
