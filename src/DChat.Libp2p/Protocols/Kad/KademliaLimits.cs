namespace DChat.Libp2p.Protocols.Kad;

/// <summary>What peers may take of a host's memory and time. What goes beyond is refused and counted, unless said otherwise.</summary>
public sealed class KademliaLimits
{
    /// <summary>Records kept for others. Default 16,384, at least 1.</summary>
    public int MaxRecords { get; set; } = 16_384;

    /// <summary>Their bytes. Default 32 MiB, at least 16 KiB.</summary>
    public long MaxRecordBytes { get; set; } = 32 * 1024 * 1024;

    /// <summary>Providers kept for others, over all keys. Default 65,536, at least 1.</summary>
    public int MaxProviders { get; set; } = 65_536;

    /// <summary>Their bytes. Default 32 MiB, at least 16 KiB.</summary>
    public long MaxProviderBytes { get; set; } = 32 * 1024 * 1024;

    /// <summary>Providers kept of one key. Default 64, at least 1.</summary>
    public int MaxProvidersPerKey { get; set; } = 64;

    /// <summary>Requests a second that a peer may make on average. Default 20, at least 1.</summary>
    public int RequestsPerSecondPerPeer { get; set; } = 20;

    /// <summary>Requests a second that the peers of a network (/24 of IPv4, /48 of IPv6) may make together. Default 200, at least 1.</summary>
    public int RequestsPerSecondPerNetwork { get; set; } = 200;

    /// <summary>Seconds of requests that may come at once after a pause. Default 5, at least 1.</summary>
    public int BurstSeconds { get; set; } = 5;

    internal IEnumerable<string> Validate()
    {
        var limits = new (string Name, long Value, long Least)[]
        {
            (nameof(MaxRecords), MaxRecords, 1),
            (nameof(MaxRecordBytes), MaxRecordBytes, 16 * 1024),
            (nameof(MaxProviders), MaxProviders, 1),
            (nameof(MaxProviderBytes), MaxProviderBytes, 16 * 1024),
            (nameof(MaxProvidersPerKey), MaxProvidersPerKey, 1),
            (nameof(RequestsPerSecondPerPeer), RequestsPerSecondPerPeer, 1),
            (nameof(RequestsPerSecondPerNetwork), RequestsPerSecondPerNetwork, 1),
            (nameof(BurstSeconds), BurstSeconds, 1),
        };
        return limits.Where(l => l.Value < l.Least).Select(l => $"{l.Name} must be at least {l.Least}.");
    }
}
