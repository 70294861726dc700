using DChat.Libp2p.Addresses;

namespace DChat.Libp2p.Protocols.Kad;

/// <summary>
/// How many peers of one owner the routing table may hold. Peer ids cost nothing and can be made to lie anywhere, addresses
/// cost something. Counted are the address a peer is connected from and those it says it listens on; addresses that are not
/// public do not count, since who has them is the operator's own.
/// </summary>
public sealed class KademliaDiversity
{
    /// <summary>Peers of a network (/24 of IPv4, /48 of IPv6) in a bucket. Default 2, at least 1.</summary>
    public int MaxPerNetworkInBucket { get; set; } = 2;

    /// <summary>Peers of a network in the table. Default 6, at least <see cref="MaxPerNetworkInBucket"/>.</summary>
    public int MaxPerNetworkInTable { get; set; } = 6;

    /// <summary>Peers of a block of networks (/16 of IPv4, /32 of IPv6) in a bucket. Default 3, at least 1.</summary>
    public int MaxPerBlockInBucket { get; set; } = 3;

    /// <summary>Peers of a block in the table. Default 16, at least <see cref="MaxPerBlockInBucket"/>.</summary>
    public int MaxPerBlockInTable { get; set; } = 16;

    /// <summary>
    /// Names what else an address has an owner by, such as its autonomous system; null for an address without. It is asked
    /// about every address, private ones too. Default null. Must not throw.
    /// </summary>
    public Func<Multiaddr, string?>? GroupOf { get; set; }

    /// <summary>Peers of one <see cref="GroupOf"/> in a bucket. Default 4, at least 1.</summary>
    public int MaxPerGroupInBucket { get; set; } = 4;

    /// <summary>Peers of one <see cref="GroupOf"/> in the table. Default 24, at least <see cref="MaxPerGroupInBucket"/>.</summary>
    public int MaxPerGroupInTable { get; set; } = 24;

    internal IEnumerable<string> Validate()
    {
        var limits = new (string Name, int Value, int Least)[]
        {
            (nameof(MaxPerNetworkInBucket), MaxPerNetworkInBucket, 1),
            (nameof(MaxPerNetworkInTable), MaxPerNetworkInTable, MaxPerNetworkInBucket),
            (nameof(MaxPerBlockInBucket), MaxPerBlockInBucket, 1),
            (nameof(MaxPerBlockInTable), MaxPerBlockInTable, MaxPerBlockInBucket),
            (nameof(MaxPerGroupInBucket), MaxPerGroupInBucket, 1),
            (nameof(MaxPerGroupInTable), MaxPerGroupInTable, MaxPerGroupInBucket),
        };
        return limits.Where(l => l.Value < l.Least).Select(l => $"{l.Name} must be at least {l.Least}.");
    }
}
