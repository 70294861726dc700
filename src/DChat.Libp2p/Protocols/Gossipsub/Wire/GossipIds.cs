namespace DChat.Libp2p.Protocols.Gossipsub.Wire;

/// <summary>What is said about ids.</summary>
internal enum GossipKind
{
    /// <summary>The sender has these messages.</summary>
    Ihave,

    /// <summary>The sender wants them.</summary>
    Iwant,

    /// <summary>The sender has no need of them.</summary>
    Idontwant,
}

/// <summary>An entry of ids.</summary>
/// <param name="Kind">What is said.</param>
/// <param name="Topic">The topic of IHAVE; else null.</param>
/// <param name="Ids">The ids.</param>
internal readonly record struct GossipIds(GossipKind Kind, string? Topic, ReadOnlyMemory<GossipMessageId> Ids);
