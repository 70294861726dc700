namespace DChat.Libp2p.Protocols.Gossip.Scoring;

/// <summary>What a score costs.</summary>
internal enum ScoreBand
{
    /// <summary>At least 0: nothing.</summary>
    Good,

    /// <summary>Below 0: a place in the mesh.</summary>
    Negative,

    /// <summary>Below <see cref="PeerScoreOptions.GossipThreshold"/>: gossip too.</summary>
    NoGossip,

    /// <summary>Below <see cref="PeerScoreOptions.PublishThreshold"/>: own messages too.</summary>
    NoPublish,

    /// <summary>Below <see cref="PeerScoreOptions.GraylistThreshold"/>: everything.</summary>
    Graylisted,
}
