namespace DChat.Libp2p.Protocols.AutoNat;

/// <summary>What peers may take of a host that dials for them. What goes beyond is rejected and counted.</summary>
public sealed class AutoNatServerLimits
{
    /// <summary>The fewest bytes that can be asked for a dial elsewhere: more than what a handshake costs the victim (autonat-v2.md).</summary>
    public const int LeastDialData = 30_000;

    /// <summary>The most bytes that can be asked for a dial elsewhere: more than that js does not give.</summary>
    public const int MostDialData = 200_000;

    /// <summary>Requests a minute of all peers together. Default 60, as in go; at least 1.</summary>
    public int RequestsPerMinute { get; set; } = 60;

    /// <summary>Requests a minute of one peer. Default 12, as in go; at least 1.</summary>
    public int RequestsPerMinutePerPeer { get; set; } = 12;

    /// <summary>Requests a minute of the peers of one network (/24 of IPv4, /48 of IPv6). Default 24, at least 1.</summary>
    public int RequestsPerMinutePerNetwork { get; set; } = 24;

    /// <summary>Requests a minute to dial where the peer is not seen at, of all peers together. Default 12, as in go; at least 1.</summary>
    public int DialsElsewherePerMinute { get; set; } = 12;

    /// <summary>Dials at once; a request beyond is rejected. Default 16, at least 1.</summary>
    public int MaxConcurrentDials { get; set; } = 16;

    /// <summary>The same for the peers of one network. Default 4, at least 1.</summary>
    public int MaxConcurrentDialsPerNetwork { get; set; } = 4;

    /// <summary>Addresses of a request that are looked at; later ones are passed over. Default 16; 1 to 64.</summary>
    public int MaxAddresses { get; set; } = 16;

    /// <summary>Bytes asked for a dial elsewhere, at the least. Default 30,000; <see cref="LeastDialData"/> to <see cref="MaxDialData"/>.</summary>
    public int MinDialData { get; set; } = LeastDialData;

    /// <summary>
    /// Bytes asked for a dial elsewhere, at the most; how many is chosen at random. Default 100,000; <see cref="MinDialData"/> to
    /// <see cref="MostDialData"/>.
    /// </summary>
    public int MaxDialData { get; set; } = 100_000;

    /// <summary>
    /// A dial elsewhere waits up to so long, at random, so that many servers do not reach one victim at once. Default 3 s, as in go;
    /// zero to 10 s.
    /// </summary>
    public TimeSpan MaxDialDelay { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>Time that a peer has to send its request, and again all bytes for a dial elsewhere. Default 15 s; 1 s to 5 min.</summary>
    public TimeSpan ReadTimeout { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>Time for the dial. Default 10 s; 1 s to 5 min.</summary>
    public TimeSpan DialTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Time to deliver the nonce on the new connection. Default 5 s; 1 s to 5 min.</summary>
    public TimeSpan DialBackTimeout { get; set; } = TimeSpan.FromSeconds(5);

    internal IEnumerable<string> Validate()
    {
        var faults = new List<string>();
        RangeFaults.Check(faults, nameof(RequestsPerMinute), RequestsPerMinute, 1, int.MaxValue);
        RangeFaults.Check(faults, nameof(RequestsPerMinutePerPeer), RequestsPerMinutePerPeer, 1, int.MaxValue);
        RangeFaults.Check(faults, nameof(RequestsPerMinutePerNetwork), RequestsPerMinutePerNetwork, 1, int.MaxValue);
        RangeFaults.Check(faults, nameof(DialsElsewherePerMinute), DialsElsewherePerMinute, 1, int.MaxValue);
        RangeFaults.Check(faults, nameof(MaxConcurrentDials), MaxConcurrentDials, 1, int.MaxValue);
        RangeFaults.Check(faults, nameof(MaxConcurrentDialsPerNetwork), MaxConcurrentDialsPerNetwork, 1, int.MaxValue);
        RangeFaults.Check(faults, nameof(MaxAddresses), MaxAddresses, 1, 64);
        RangeFaults.Check(faults, nameof(MinDialData), MinDialData, LeastDialData, MaxDialData);
        RangeFaults.Check(faults, nameof(MaxDialData), MaxDialData, LeastDialData, MostDialData);
        RangeFaults.Check(faults, nameof(MaxDialDelay), MaxDialDelay, TimeSpan.Zero, TimeSpan.FromSeconds(10));
        RangeFaults.Check(faults, nameof(ReadTimeout), ReadTimeout, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(5));
        RangeFaults.Check(faults, nameof(DialTimeout), DialTimeout, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(5));
        RangeFaults.Check(faults, nameof(DialBackTimeout), DialBackTimeout, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(5));
        return faults;
    }
}
