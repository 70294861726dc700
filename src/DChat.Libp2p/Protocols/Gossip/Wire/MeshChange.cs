using DChat.Libp2p.Identity;

namespace DChat.Libp2p.Protocols.Gossip.Wire;

/// <summary>A GRAFT or a PRUNE of a topic.</summary>
/// <param name="Backoff">The back-off of a PRUNE; null for a GRAFT.</param>
/// <param name="Others">Peers that a pruned one may turn to, each with its signed record.</param>
internal readonly record struct MeshChange(TimeSpan? Backoff, IReadOnlyList<(PeerId Peer, ReadOnlyMemory<byte> Record)>? Others = null);
