namespace DChat.Libp2p.Protocols.Dcutr;

/// <summary>What became of an upgrade that this host began, for the count of them.</summary>
internal enum DcutrOutcome
{
    /// <summary>The peer was reached at a public address of its own.</summary>
    Reversed,

    /// <summary>Both sides dialed at once, and one of them got through.</summary>
    Punched,

    /// <summary>Nobody got through.</summary>
    Failed,

    /// <summary>Too many upgrades are under way, or were begun within the last minute.</summary>
    Limited,
}
