using DChat.Libp2p.Addresses;
using DChat.Libp2p.Identity;

namespace DChat.Libp2p.Protocols.Gossip.Scoring;

/// <summary>
/// Scores peers by what they do (gossipsub-v1.1.md, "The Score Function"). Without input, output and clock of its own: every
/// call is something that happened, with its time where that matters. Not thread-safe.
/// </summary>
/// <remarks>
/// Times count from any fixed point, and never go back. A message that is ignored or deferred is not told of, because it speaks
/// for and against nobody.
/// </remarks>
/// <param name="options">How peers are scored.</param>
/// <param name="recordTime">How long further copies of a rejected message count.</param>
/// <param name="start">The time now.</param>
internal sealed partial class PeerScores(PeerScoreOptions options, TimeSpan recordTime, TimeSpan start)
{
    private readonly Dictionary<PeerId, ScoredPeer> _peers = [];
    private readonly Dictionary<string, TopicScoreOptions> _topics = new(StringComparer.Ordinal);
    private readonly Colocation _colocation = new(options);
    private readonly RetainedPeers _retained = new(options);
    private readonly DeliveryRecords _records = new(options.MaxDeliveryRecords);
    private TimeSpan _decayed = start;
    private long _number;

    /// <summary>Peers that have gone and are remembered.</summary>
    internal int RetainedCount => _retained.Count;

    internal int RecordCount => _records.Count;

    internal int NetworkCount => _colocation.Count;

    /// <summary>Scores a topic from now on; what peers did in it before by other options counts by these when they do more.</summary>
    internal void Join(string topic, TopicScoreOptions topicOptions) => _topics[topic] = topicOptions;

    /// <summary>Scores a topic no longer; what peers did in it is forgotten as it decays.</summary>
    internal void Leave(string topic) => _topics.Remove(topic);

    /// <summary>A peer is there, perhaps again.</summary>
    /// <param name="id">The peer.</param>
    /// <param name="addresses">Where its connections come from or go to.</param>
    internal void AddPeer(PeerId id, IEnumerable<Multiaddr> addresses)
    {
        if (!_peers.TryGetValue(id, out var peer))
        {
            _peers[id] = peer = new ScoredPeer(id, ++_number);
        }
        else if (!peer.IsConnected)
        {
            _retained.Remove(peer);
            peer.Networks = [];
        }

        peer.IsConnected = true;
        peer.IsCharged = false;
        peer.Application = AskApplication(id);
        Relocate(peer, addresses);
    }

    /// <summary>The connections of a peer have changed.</summary>
    internal void Relocate(PeerId id, IEnumerable<Multiaddr> addresses)
    {
        if (_peers.TryGetValue(id, out var peer) && peer.IsConnected)
        {
            Relocate(peer, addresses);
        }
    }

    /// <summary>A peer has gone. What speaks against it is kept; what speaks for it is not, or it would pay to come and go.</summary>
    internal void RemovePeer(PeerId id, TimeSpan now)
    {
        if (!_peers.TryGetValue(id, out var peer) || !peer.IsConnected)
        {
            return;
        }

        _colocation.Remove(peer.Networks);
        peer.IsConnected = false;
        if (ConductOf(peer) >= 0)
        {
            _peers.Remove(id);
            return;
        }

        foreach (var standing in peer.Topics.Values)
        {
            standing.Retire();
        }

        peer.Touch();
        Retain(peer, now);
    }

    internal void Graft(PeerId id, string topic, TimeSpan now) => Change(id, topic, s => s.Graft(now));

    /// <summary>The peer is not in the mesh any more, whoever wanted that.</summary>
    internal void Prune(PeerId id, string topic) => Change(id, topic, s => s.Prune());

    /// <summary>A message was accepted.</summary>
    /// <param name="id">The message.</param>
    /// <param name="topic">Its topic.</param>
    /// <param name="first">Who brought it first.</param>
    /// <param name="others">Who else brought it before the verdict.</param>
    /// <param name="now">The time.</param>
    internal void Deliver(GossipMessageId id, string topic, PeerId first, IEnumerable<PeerId> others, TimeSpan now)
    {
        Change(first, topic, s => s.CountFirst());
        if (!_topics.TryGetValue(topic, out var topicOptions) || !topicOptions.CountsMeshDeliveries)
        {
            return;
        }

        HashSet<PeerId> brought = [first];
        foreach (var other in others)
        {
            if (brought.Add(other))
            {
                Change(other, topic, s => s.CountBrought());
            }
        }

        _records.AddAccepted(id, now + topicOptions.MeshDeliveriesWindow, brought);
    }

    /// <summary>A message was rejected: whoever brought it should have known.</summary>
    internal void Reject(GossipMessageId id, string topic, PeerId first, IEnumerable<PeerId> others, TimeSpan now)
    {
        if (!_topics.ContainsKey(topic))
        {
            return;
        }

        Charge(first, topic, now);
        foreach (var other in others)
        {
            if (!other.Equals(first))
            {
                Charge(other, topic, now);
            }
        }

        _records.AddRejected(id, now + recordTime);
    }

    /// <summary>A message was so wrong that its id says nothing, as with a forged signature: an honest copy may have the same.</summary>
    internal void RejectUnnamed(string topic, PeerId from, TimeSpan now) => Charge(from, topic, now);

    /// <summary>A further copy of a message that was judged.</summary>
    internal void Copy(GossipMessageId id, string topic, PeerId from, TimeSpan now)
    {
        switch (_records.Find(id, now))
        {
            case { Brought: { } brought } when brought.Add(from):
                Change(from, topic, s => s.CountBrought());
                break;
            case { Brought: null }:
                Charge(from, topic, now);
                break;
        }
    }

    /// <summary>A peer did what no honest one does (gossipsub-v1.1.md, "P₇").</summary>
    internal void Penalize(PeerId id, int misdeeds)
    {
        if (_peers.TryGetValue(id, out var peer) && peer.IsConnected)
        {
            peer.Misdeeds += misdeeds;
            peer.IsCharged |= misdeeds > 0;
        }
    }

    /// <summary>Makes counters smaller, if it is time, and forgets what is over. To be called often.</summary>
    internal void Decay(TimeSpan now)
    {
        var steps = (now - _decayed).Ticks / options.DecayInterval.Ticks;
        if (steps < 1)
        {
            return;
        }

        _decayed += steps * options.DecayInterval;
        _records.Expire(now);
        foreach (var expired in _retained.Expire(now))
        {
            _peers.Remove(expired);
        }

        foreach (var peer in _peers.Values)
        {
            if (peer.IsConnected)
            {
                Decay(peer, steps, now);
            }
        }
    }

    private double AskApplication(PeerId id) => options.ApplicationScore?.Invoke(id) is { } score && double.IsFinite(score) ? score : 0;

    private void Relocate(ScoredPeer peer, IEnumerable<Multiaddr> addresses)
    {
        var networks = _colocation.NetworksOf(addresses);
        if (!networks.SequenceEqual(peer.Networks))
        {
            _colocation.Remove(peer.Networks);
            _colocation.Add(networks);
            peer.Networks = networks;
        }
    }

    private void Retain(ScoredPeer peer, TimeSpan now)
    {
        peer.RetainedScore = ConductOf(peer);
        peer.Expires = now + options.RetainScore;
        if (_retained.Add(peer) is { } forgotten)
        {
            _peers.Remove(forgotten.Id);
        }
    }

    /// <summary>Charges a peer with an invalid message, also one that has gone before the verdict.</summary>
    private void Charge(PeerId id, string topic, TimeSpan now)
    {
        if (!_topics.ContainsKey(topic))
        {
            return;
        }

        if (!_peers.TryGetValue(id, out var peer))
        {
            _peers[id] = peer = new ScoredPeer(id, ++_number);
        }
        else if (!peer.IsConnected)
        {
            _retained.Remove(peer);
        }

        StandingOf(peer, topic)!.CountInvalid();
        peer.IsCharged = true;
        peer.Touch();
        if (!peer.IsConnected)
        {
            Retain(peer, now);
        }
    }

    private void Change(PeerId id, string topic, Action<TopicStanding> change)
    {
        if (_peers.TryGetValue(id, out var peer) && peer.IsConnected && StandingOf(peer, topic) is { } standing)
        {
            change(standing);
            peer.Touch();
        }
    }

    /// <summary>Null when the topic is not scored and never was.</summary>
    private TopicStanding? StandingOf(ScoredPeer peer, string topic)
    {
        var standing = peer.Topics.GetValueOrDefault(topic);
        if (!_topics.TryGetValue(topic, out var topicOptions))
        {
            return standing;
        }

        if (standing is null)
        {
            peer.Topics[topic] = standing = new TopicStanding(topicOptions);
        }

        standing.Options = topicOptions;
        return standing;
    }

    private void Decay(ScoredPeer peer, long steps, TimeSpan now)
    {
        peer.Application = AskApplication(peer.Id);
        peer.Misdeeds = TopicStanding.Decayed(peer.Misdeeds, options.BehaviourDecay, steps, options.DecayToZero);
        foreach (var (topic, standing) in peer.Topics)
        {
            standing.Decay(steps, options.DecayToZero, now);
            if (standing.IsBlank)
            {
                peer.Topics.Remove(topic);
            }
        }

        peer.Touch();
    }
}
