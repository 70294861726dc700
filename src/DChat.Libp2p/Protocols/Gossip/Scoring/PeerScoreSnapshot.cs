using DChat.Libp2p.Identity;

namespace DChat.Libp2p.Protocols.Gossip.Scoring;

/// <summary>The score of a peer at one moment, and what it is made of: <c>Score</c> is the sum of the four parts.</summary>
/// <param name="Peer">The peer.</param>
/// <param name="IsConnected">Whether it is spoken with; otherwise it is remembered for what it did.</param>
/// <param name="Score">The score.</param>
/// <param name="TopicScore">What the topics add, capped.</param>
/// <param name="ApplicationScore">w₅·P₅: what the application adds.</param>
/// <param name="ColocationScore">w₆·P₆: what the peers in its networks cost it; at most 0.</param>
/// <param name="BehaviourScore">w₇·P₇: what its misdeeds cost it; at most 0.</param>
/// <param name="Topics">The topics in which something counts, in order of their names.</param>
public sealed record PeerScoreSnapshot(
    PeerId Peer,
    bool IsConnected,
    double Score,
    double TopicScore,
    double ApplicationScore,
    double ColocationScore,
    double BehaviourScore,
    IReadOnlyList<TopicScoreSnapshot> Topics);
