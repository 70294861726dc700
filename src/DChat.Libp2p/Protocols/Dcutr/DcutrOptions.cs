namespace DChat.Libp2p.Protocols.Dcutr;

/// <summary>How a <see cref="Dcutr"/> works (relay/DCUtR.md). Read once, when it is made.</summary>
public sealed class DcutrOptions
{
    /// <summary>
    /// Whether to look for direct connections to peers that come through a relay. Default yes. Peers that were reached through a relay
    /// are answered in any case.
    /// </summary>
    public bool Initiates { get; set; } = true;

    /// <summary>
    /// Whether private and loopback addresses are told and dialed too: for tests, and networks of their own. Whoever comes through a
    /// relay can then make this host dial into its own network. Default no.
    /// </summary>
    public bool AllowsPrivateAddresses { get; set; }

    /// <summary>Attempts before a peer is left behind its relay. Default 3, as the specification says; 1 to 10.</summary>
    public int Attempts { get; set; } = 3;

    /// <summary>Time for one attempt: the exchange, and the dials. Default 5 s, as in go and js; 100 ms to 1 min.</summary>
    public TimeSpan AttemptTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How long relayed connections stay once there is a direct one, for what still runs on them. Default 10 s; zero to 10 min.
    /// </summary>
    public TimeSpan RelayedGrace { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Addresses of a peer that are dialed in one attempt; later ones are passed over. Default 8; 1 to 16.</summary>
    public int MaxAddresses { get; set; } = 8;

    /// <summary>Upgrades that this host begins at once; peers beyond stay behind their relay. Default 16, at least 1.</summary>
    public int MaxConcurrentUpgrades { get; set; } = 16;

    /// <summary>The same of peers behind one relay. Default 8, at least 1.</summary>
    public int MaxConcurrentUpgradesPerRelay { get; set; } = 8;

    /// <summary>Upgrades a minute that this host begins; peers beyond stay behind their relay. Default 60, at least 1.</summary>
    public int UpgradesPerMinute { get; set; } = 60;

    /// <summary>The same of peers behind one relay, which may make up as many peers as it likes. Default 30, at least 1.</summary>
    public int UpgradesPerMinutePerRelay { get; set; } = 30;

    /// <summary>Attempts a minute of one peer that this host answers. Default 10, at least 1.</summary>
    public int AnswersPerMinutePerPeer { get; set; } = 10;

    /// <summary>What is wrong, one sentence each; empty when all is well.</summary>
    internal IReadOnlyList<string> Validate()
    {
        var faults = new List<string>();
        RangeFaults.Check(faults, nameof(Attempts), Attempts, 1, 10);
        RangeFaults.Check(faults, nameof(AttemptTimeout), AttemptTimeout, TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(1));
        RangeFaults.Check(faults, nameof(RelayedGrace), RelayedGrace, TimeSpan.Zero, TimeSpan.FromMinutes(10));
        RangeFaults.Check(faults, nameof(MaxAddresses), MaxAddresses, 1, DcutrMessage.MaxAddresses);
        RangeFaults.Check(faults, nameof(MaxConcurrentUpgrades), MaxConcurrentUpgrades, 1, int.MaxValue);
        RangeFaults.Check(faults, nameof(MaxConcurrentUpgradesPerRelay), MaxConcurrentUpgradesPerRelay, 1, int.MaxValue);
        RangeFaults.Check(faults, nameof(UpgradesPerMinute), UpgradesPerMinute, 1, int.MaxValue);
        RangeFaults.Check(faults, nameof(UpgradesPerMinutePerRelay), UpgradesPerMinutePerRelay, 1, int.MaxValue);
        RangeFaults.Check(faults, nameof(AnswersPerMinutePerPeer), AnswersPerMinutePerPeer, 1, int.MaxValue);
        return faults;
    }
}
