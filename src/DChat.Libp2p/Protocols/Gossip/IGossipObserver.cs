namespace DChat.Libp2p.Protocols.Gossip;

/// <summary>
/// Hears what peers do, in the order they do it: for scores, metrics and whoever decides which peers to keep. Called while
/// gossipsub holds its lock, so it must return at once and must not call gossipsub. What it throws is logged.
/// </summary>
public interface IGossipObserver
{
    /// <summary>Something has happened.</summary>
    void Observe(in GossipEvent happened);
}
