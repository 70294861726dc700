using DChat.Libp2p.Identity;

namespace DChat.Libp2p.Protocols.Gossip;

/// <summary>How a peer takes part in gossip, at one moment.</summary>
/// <param name="Peer">The peer.</param>
/// <param name="Score">Its score; see <see cref="Gossipsub.Inspect(PeerId)"/> for what it is made of.</param>
/// <param name="IsGraylisted">Whether nothing of it is read.</param>
/// <param name="IsDirect">Whether it is one of <see cref="GossipsubOptions.DirectPeers"/>.</param>
/// <param name="MeshTopics">The topics in whose mesh it is, in no order.</param>
public sealed record GossipStanding(PeerId Peer, double Score, bool IsGraylisted, bool IsDirect, IReadOnlyList<string> MeshTopics);
