using DChat.Libp2p.Identity;
using DChat.Libp2p.Protocols.Gossip.Scoring;

namespace DChat.Libp2p.Protocols.Gossip;

/// <content>The scores of peers.</content>
public sealed partial class Gossipsub
{
    /// <summary>The score of a peer, which may have gone; 0 when nothing is known about it.</summary>
    public double ScoreOf(PeerId peer) { lock (_gate) { return _router.ScoreOf(peer); } }

    /// <summary>The score of a peer and what it is made of; null when nothing is known about it.</summary>
    public PeerScoreSnapshot? Inspect(PeerId peer) { lock (_gate) { return _router.InspectScore(peer); } }

    /// <summary>The scores of all peers that something is known about. Takes some time when they are many.</summary>
    public IReadOnlyList<PeerScoreSnapshot> Inspect() { lock (_gate) { return _router.InspectScores(); } }

    /// <summary>The peers spoken with. Takes some time when they are many.</summary>
    public IReadOnlyList<GossipStanding> DescribePeers() { lock (_gate) { return _router.DescribePeers(); } }

    private bool IsGraylisted(PeerId peer) { lock (_gate) { return _router.IsGraylisted(peer); } }

    /// <summary>Closes a peer for what it did, without waiting for it.</summary>
    private void Cut(PeerId peer)
    {
        var networks = _router.NarrowNetworksOf(peer);
        _logger.PeerCut(peer, _router.ScoreOf(peer), _options.Score.RefusalTime);
        _tasks.Run(() => _host.RefuseAsync(peer, _options.Score.RefusalTime, networks));
    }
}
