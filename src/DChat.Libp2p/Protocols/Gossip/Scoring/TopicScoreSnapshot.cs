namespace DChat.Libp2p.Protocols.Gossip.Scoring;

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
