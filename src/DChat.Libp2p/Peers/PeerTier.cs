namespace DChat.Libp2p.Peers;

/// <summary>How much a peer matters. Each tier has a limit of its own; whoever is too much for one falls into the next below.</summary>
public enum PeerTier
{
    /// <summary>Others told of it, or it was connected for a moment.</summary>
    HeardOf = 0,

    /// <summary>It was connected for <see cref="PeerStoreLimits.GoodAfter"/> or longer.</summary>
    Good = 1,

    /// <summary>It is connected.</summary>
    Connected = 2,

    /// <summary>The application vouches for it.</summary>
    Vouched = 3,
}
