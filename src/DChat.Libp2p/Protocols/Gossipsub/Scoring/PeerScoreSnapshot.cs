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

/// <summary>What counts for and against a peer in one topic, as of the last decay.</summary>
/// <param name="Topic">The topic.</param>
/// <param name="Score">What it adds to the peer's score before the cap on all topics.</param>
/// <param name="TimeInMesh">P₁: time in the mesh; 0 when it is not in it.</param>
/// <param name="FirstDeliveries">P₂: valid messages it was first with.</param>
/// <param name="MeshDeliveries">Valid messages it brought as a peer of the mesh, that P₃ is made of.</param>
/// <param name="MeshFailures">P₃ᵦ: what was missing when it left the mesh.</param>
/// <param name="InvalidMessages">Invalid messages, whose square is P₄.</param>
public sealed record TopicScoreSnapshot(
    string Topic, double Score, TimeSpan TimeInMesh, double FirstDeliveries, double MeshDeliveries, double MeshFailures, double InvalidMessages);
