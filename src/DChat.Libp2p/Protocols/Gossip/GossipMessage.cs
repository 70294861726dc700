using DChat.Libp2p.Identity;
using DChat.Libp2p.Swarm;

namespace DChat.Libp2p.Protocols.Gossip;

/// <summary>A message that came from a peer.</summary>
/// <param name="Topic">The topic.</param>
/// <param name="Id">Its name within the topic.</param>
/// <param name="Data">The payload. Immutable; may be kept.</param>
/// <param name="ReceivedOver">The connection that the first copy came over, closed by now perhaps; its peer is not the author.</param>
/// <param name="Author">Who signed it; null where messages are not signed.</param>
/// <param name="Sequence">The author's sequence number; 0 where messages are not signed.</param>
public sealed record GossipMessage(
    string Topic, GossipMessageId Id, ReadOnlyMemory<byte> Data, PeerConnection ReceivedOver, PeerId? Author = null, ulong Sequence = 0)
{
    /// <summary>The peer that sent the first copy; not the author.</summary>
    public PeerId ReceivedFrom => ReceivedOver.RemotePeer;
}
