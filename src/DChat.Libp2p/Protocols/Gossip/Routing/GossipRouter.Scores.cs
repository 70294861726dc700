using System.Net;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Protocols.Gossip.Scoring;

namespace DChat.Libp2p.Protocols.Gossip.Routing;

/// <content>What scores cost and gain (gossipsub-v1.1.md, "Score Thresholds", "Heartbeat Maintenance", "Opportunistic Grafting").</content>
internal sealed partial class GossipRouter
{
    /// <summary>Hears everything before other observers do.</summary>
    private readonly ScoreKeeper _keeper = new(new PeerScores(options.Score, options.SeenTtl, TimeSpan.Zero));

    private PeerScores Scores => _keeper.Scores;

    /// <summary>Scores computed since the start: what a test counts.</summary>
    internal long ComputedScores => Scores.Computed;

    internal double ScoreOf(PeerId id) => Scores.Of(id);

    internal PeerScoreSnapshot? InspectScore(PeerId id) => Scores.Inspect(id);

    internal IReadOnlyList<PeerScoreSnapshot> InspectScores() => Scores.Inspect();

    internal IReadOnlyList<GossipStanding> DescribePeers()
    {
        var topics = _peers.Values.ToDictionary(p => p, _ => new List<string>());
        foreach (var (topic, mesh) in _meshes)
        {
            foreach (var peer in mesh)
            {
                topics[peer].Add(topic);
            }
        }

        return [.. topics.Select(p => new GossipStanding(p.Key.Id, Scores.Of(p.Key.Id), IsGraylisted(p.Key.Id), p.Key.IsDirect, p.Value))];
    }

    internal IReadOnlyDictionary<ScoreBand, int> CountScoreBands() => Scores.CountBands();

    /// <summary>The networks that a refusal of the peer counts in.</summary>
    internal IReadOnlyList<IPNetwork> NarrowNetworksOf(PeerId id) => Scores.NarrowNetworksOf(id);

    /// <summary>Whether nothing of a peer is to be read. Direct peers are read whatever they do: an agreement holds with them.</summary>
    internal bool IsGraylisted(PeerId id) => Scores.Of(id) < options.Score.GraylistThreshold && !(TryFind(id, out var peer) && peer.IsDirect);

    /// <summary>Makes old deeds count less, has those closed that are beyond hope, and notes the scores that the heartbeat goes by.</summary>
    private void RefreshScores(TimeSpan now)
    {
        Scores.Decay(now);
        foreach (var peer in _peers.Values)
        {
            peer.Score = Scores.Of(peer.Id);
            if (options.Score.DisconnectsGraylisted && !peer.IsDirect && Scores.TakeCut(peer.Id))
            {
                Counters.Cut++;
                Effects.Add(new GossipEffect(GossipEffectKind.Cut, peer.Id));
            }
        }
    }

    private void PruneNegative(string topic, HashSet<RouterPeer> mesh, TimeSpan now)
    {
        foreach (var peer in mesh.Where(p => p.Score < 0).ToArray())
        {
            Prune(peer, topic, now);
        }
    }

    /// <summary>Whether gossip goes to a peer and is heard of it.</summary>
    private bool IsHeard(RouterPeer peer) => peer.IsDirect || Scores.Of(peer.Id) >= options.Score.GossipThreshold;

    /// <summary>Whether own messages go to a peer.</summary>
    private bool IsPublishedTo(RouterPeer peer) => peer.IsDirect || peer.Score >= options.Score.PublishThreshold;

    /// <summary>The best of them, the very best first; of equal ones some drawn at random.</summary>
    private List<RouterPeer> Best(IEnumerable<RouterPeer> peers, int count) =>
        [.. Draw(peers, int.MaxValue).OrderByDescending(p => p.Score).Take(count)];

    /// <summary>A mesh of peers that do little for it gets some of those outside it that do more.</summary>
    private void GraftOpportunistically(string topic, HashSet<RouterPeer> mesh, TimeSpan now)
    {
        if (_heartbeat % options.OpportunisticGraftHeartbeats != 0 || mesh.Count < 2)
        {
            return;
        }

        var median = mesh.Select(p => p.Score).Order().ElementAt(mesh.Count / 2);
        if (median < options.Score.OpportunisticGraftThreshold)
        {
            GraftSome(topic, InterestedIn(topic).Where(p => p.Score > median), options.OpportunisticGraftPeers, now);
        }
    }
}
