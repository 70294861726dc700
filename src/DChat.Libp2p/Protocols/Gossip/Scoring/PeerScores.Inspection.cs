using System.Net;
using DChat.Libp2p.Addresses;
using DChat.Libp2p.Identity;

namespace DChat.Libp2p.Protocols.Gossip.Scoring;

/// <content>The score, what it is made of, and what follows from it.</content>
internal sealed partial class PeerScores
{
    /// <summary>Scores computed since the start: what a test counts.</summary>
    internal long Computed { get; private set; }

    /// <summary>The score of a peer; 0 of one that nothing is known about.</summary>
    internal double Of(PeerId id) => _peers.TryGetValue(id, out var peer) ? PartsOf(peer).Sum : 0;

    /// <summary>The score of a peer and what it is made of; null when nothing is known about it.</summary>
    internal PeerScoreSnapshot? Inspect(PeerId id) => _peers.TryGetValue(id, out var peer) ? Inspect(peer) : null;

    /// <summary>Every peer that something is known about.</summary>
    internal IReadOnlyList<PeerScoreSnapshot> Inspect() => [.. _peers.Values.Select(Inspect)];

    /// <summary>
    /// Whether a peer is graylisted for what it did itself, and has done something since it connected or was last cut. One that
    /// comes back is given the chance to do better, and neighbours are no reason to close anybody.
    /// </summary>
    internal bool TakeCut(PeerId id)
    {
        if (!_peers.TryGetValue(id, out var peer) || !peer.IsConnected || !peer.IsCharged || ConductOf(peer) >= options.GraylistThreshold)
        {
            return false;
        }

        peer.IsCharged = false;
        return true;
    }

    /// <summary>Connected peers by what their scores cost them.</summary>
    internal IReadOnlyDictionary<ScoreBand, int> CountBands()
    {
        var bands = Enum.GetValues<ScoreBand>().ToDictionary(band => band, _ => 0);
        foreach (var peer in _peers.Values.Where(p => p.IsConnected))
        {
            bands[BandOf(PartsOf(peer).Sum)]++;
        }

        return bands;
    }

    /// <summary>The addresses and smallest networks that a peer's connections are in, without exempt ones.</summary>
    internal IReadOnlyList<IPNetwork> NarrowNetworksOf(PeerId id) =>
        _peers.TryGetValue(id, out var peer) ? [.. peer.Networks.Where(AddressNetworks.IsNarrowest)] : [];

    private ScoreBand BandOf(double score) => score >= 0 ? ScoreBand.Good
        : score >= options.GossipThreshold ? ScoreBand.Negative
        : score >= options.PublishThreshold ? ScoreBand.NoGossip
        : score >= options.GraylistThreshold ? ScoreBand.NoPublish
        : ScoreBand.Graylisted;

    private PeerScoreSnapshot Inspect(ScoredPeer peer)
    {
        var parts = PartsOf(peer);
        var topics = peer.Topics.OrderBy(t => t.Key, StringComparer.Ordinal).Select(t => new TopicScoreSnapshot(
            t.Key,
            t.Value.Score,
            t.Value.IsInMesh ? t.Value.TimeInMesh : TimeSpan.Zero,
            t.Value.FirstDeliveries,
            t.Value.MeshDeliveries,
            t.Value.MeshFailures,
            t.Value.InvalidMessages));
        return new PeerScoreSnapshot(peer.Id, peer.IsConnected, parts.Sum, parts.Topics, parts.Application, parts.Colocation, parts.Behaviour, [.. topics]);
    }

    private Parts PartsOf(ScoredPeer peer)
    {
        Computed++;
        return new(
            options.TopicScoreCap > 0 ? Math.Min(peer.TopicScore, options.TopicScoreCap) : peer.TopicScore,
            options.ApplicationWeight * peer.Application,
            peer.IsConnected ? options.ColocationWeight * _colocation.PenaltyOf(peer.Networks) : 0,
            options.BehaviourWeight * Math.Pow(peer.MisdeedsOver(options.BehaviourThreshold), 2));
    }

    /// <summary>The part of the score that is the peer's own doing.</summary>
    private double ConductOf(ScoredPeer peer) => PartsOf(peer) is var parts ? parts.Topics + parts.Behaviour : 0;

    private readonly record struct Parts(double Topics, double Application, double Colocation, double Behaviour)
    {
        internal double Sum => Topics + Application + Colocation + Behaviour;
    }
}
