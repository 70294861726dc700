using DChat.Libp2p.Protocols.Gossip.Scoring;

namespace DChat.Libp2p.Protocols.Gossip.Routing;

/// <content>Which topics are taken part in.</content>
internal sealed partial class GossipRouter
{
    /// <summary>Back-off that peers are told when this side stops: the shortest that can be told.</summary>
    internal static readonly TimeSpan StopBackoff = TimeSpan.FromSeconds(1);

    /// <summary>Takes part in a topic; false when it is taken part in already.</summary>
    internal bool Join(string topic, TimeSpan now, TopicScoreOptions? score = null)
    {
        if (!_meshes.TryAdd(topic, []))
        {
            return false;
        }

        if (score is not null)
        {
            Scores.Join(topic, score);
        }

        foreach (var peer in _peers.Keys)
        {
            Effects.Add(new GossipEffect(GossipEffectKind.Subscribe, peer) { Topic = topic });
        }

        if (_fanouts.Remove(topic, out var fanout))
        {
            GraftSome(topic, fanout.Peers, options.MeshSize, now);
        }

        GraftSome(topic, InterestedIn(topic), options.MeshSize - _meshes[topic].Count, now);
        return true;
    }

    /// <summary>Leaves a topic; false when it was not taken part in.</summary>
    internal bool Leave(string topic, TimeSpan now) => Leave(topic, now, options.UnsubscribeBackoff);

    /// <summary>
    /// Leaves every topic for good. Peers are told to wait for <see cref="StopBackoff"/> alone: who starts again knows nothing of
    /// it, and would be punished for each topic by those that remember.
    /// </summary>
    internal void Stop(TimeSpan now)
    {
        foreach (var topic in _meshes.Keys.ToArray())
        {
            Leave(topic, now, StopBackoff);
        }
    }

    private bool Leave(string topic, TimeSpan now, TimeSpan backoff)
    {
        if (!_meshes.Remove(topic, out var mesh))
        {
            return false;
        }

        foreach (var peer in mesh)
        {
            Tell(new GossipEvent(GossipEventKind.Pruned, peer.Id, now) { Topic = topic });
            _backoffs.AddSent(topic, peer, now, now + backoff);
            Effects.Add(new GossipEffect(GossipEffectKind.Prune, peer.Id)
            {
                Topic = topic,
                Backoff = backoff,
                Others = Alternatives(topic, peer),
            });
        }

        // What was asked for under this topic is not taken any more, and which that was is not known.
        _promises.Clear();
        Scores.Leave(topic);
        foreach (var peer in _peers.Keys)
        {
            Effects.Add(new GossipEffect(GossipEffectKind.Unsubscribe, peer) { Topic = topic });
        }

        return true;
    }
}
