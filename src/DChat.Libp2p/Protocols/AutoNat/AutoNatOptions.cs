namespace DChat.Libp2p.Protocols.AutoNat;

/// <summary>How an <see cref="AutoNat"/> works (autonat/autonat-v2.md). Read once, when it is made.</summary>
public sealed class AutoNatOptions
{
    /// <summary>Whether to ask others which of this host's addresses they reach. Default yes.</summary>
    public bool Asks { get; set; } = true;

    /// <summary>Whether to dial for others that ask. Default yes: everyone who asks needs several that do.</summary>
    public bool Serves { get; set; } = true;

    /// <summary>
    /// Whether private and loopback addresses are asked about and dialed too, and everyone may serve: for tests, and networks of
    /// their own. Everybody can then make this host dial into its own network. Default no.
    /// </summary>
    public bool AllowsPrivateAddresses { get; set; }

    /// <summary>
    /// Networks (/24 of IPv4, /48 of IPv6) whose servers must have reached an address before it is confirmed. Default 4, as in js and as
    /// for observed addresses; 1 to 64.
    /// </summary>
    public int NetworksToConfirm { get; set; } = 4;

    /// <summary>
    /// Networks whose servers must have tried an address in vain before it is refuted, unless as many as confirm it have reached
    /// it. More than confirm, since anyone can say that he failed and nobody can make up a nonce. Default 8, as in js; 1 to 64.
    /// </summary>
    public int NetworksToRefute { get; set; } = 8;

    /// <summary>How long an answer counts, and how long an address that is settled stays so. Default 1 h; 1 min to 1 day.</summary>
    public TimeSpan ResultLifetime { get; set; } = TimeSpan.FromHours(1);

    /// <summary>
    /// Time after which a settled address is asked about again. Default 30 min; 30 s to <see cref="ResultLifetime"/>.
    /// </summary>
    public TimeSpan RecheckInterval { get; set; } = TimeSpan.FromMinutes(30);

    /// <summary>Time between two looks at what there is to ask, besides those when a server connects. Default 15 s; 1 s to 1 h.</summary>
    public TimeSpan AskInterval { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>Time between two requests to one server at the least. Default 10 s; zero to 1 h.</summary>
    public TimeSpan ServerPause { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Time that a server is let alone that has no time, does not dial, asks too much or says what is not true. Default 10 min; 1 s to 1 day.</summary>
    public TimeSpan ServerBackoff { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>Requests under way at once. Default 3, as in js; 1 to 32.</summary>
    public int MaxConcurrentRequests { get; set; } = 3;

    /// <summary>Time for a request as a whole: the dial, and the bytes before it. Default 30 s, as in js; 1 s to 5 min.</summary>
    public TimeSpan RequestTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Bytes that are sent at most for one dial of an address that the server does not see this host at. Default 100,000; 0 to 1,000,000.</summary>
    public int MaxDialDataSent { get; set; } = 100_000;

    /// <summary>What peers may take of this host when it serves.</summary>
    public AutoNatServerLimits Server { get; } = new();

    /// <summary>What is wrong, one sentence each; empty when all is well.</summary>
    internal IReadOnlyList<string> Validate()
    {
        var faults = new List<string>();
        RangeFaults.Check(faults, nameof(NetworksToConfirm), NetworksToConfirm, 1, 64);
        RangeFaults.Check(faults, nameof(NetworksToRefute), NetworksToRefute, 1, 64);
        RangeFaults.Check(faults, nameof(ResultLifetime), ResultLifetime, TimeSpan.FromMinutes(1), TimeSpan.FromDays(1));
        RangeFaults.Check(faults, nameof(RecheckInterval), RecheckInterval, TimeSpan.FromSeconds(30), ResultLifetime);
        RangeFaults.Check(faults, nameof(AskInterval), AskInterval, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1));
        RangeFaults.Check(faults, nameof(ServerPause), ServerPause, TimeSpan.Zero, TimeSpan.FromHours(1));
        RangeFaults.Check(faults, nameof(ServerBackoff), ServerBackoff, TimeSpan.FromSeconds(1), TimeSpan.FromDays(1));
        RangeFaults.Check(faults, nameof(MaxConcurrentRequests), MaxConcurrentRequests, 1, 32);
        RangeFaults.Check(faults, nameof(RequestTimeout), RequestTimeout, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(5));
        RangeFaults.Check(faults, nameof(MaxDialDataSent), MaxDialDataSent, 0, 1_000_000);
        faults.AddRange(Server.Validate().Select(f => $"{nameof(Server)}.{f}"));
        return faults;
    }
}
