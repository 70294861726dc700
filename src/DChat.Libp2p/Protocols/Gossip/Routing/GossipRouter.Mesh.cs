using DChat.Libp2p.Identity;

namespace DChat.Libp2p.Protocols.Gossip.Routing;

/// <content>Who is in the mesh (gossipsub-v1.1.md, "Prune Backoff", "Outbound Mesh Quotas").</content>
internal sealed partial class GossipRouter
{
    /// <summary>The longest back-off taken from a peer.</summary>
    internal static readonly TimeSpan MaxBackoff = TimeSpan.FromHours(1);

    /// <summary>
    /// GRAFTs within back-offs from before a peer connected that it is accused of. It may have been started again and know
    /// nothing of them; one that only reconnects to forget them is refused all the same.
    /// </summary>
    internal const int MaxForgottenGrafts = 2;

    private void OnGraft(RouterPeer peer, string topic, TimeSpan now)
    {
        // Of topics not taken part in nothing is said, or strangers could have this side answer to any name.
        if (!_meshes.TryGetValue(topic, out var mesh) || mesh.Contains(peer))
        {
            return;
        }

        if (!peer.IsGreeted)
        {
            if (TryAddInterest(peer, topic, now))
            {
                peer.WaitingGrafts.Add(topic);
            }
        }
        else if (peer.IsDirect)
        {
            // It does not know that it is direct here: it must not wait for a mesh that it is not in.
            Prune(peer, topic, now);
        }
        else if (_backoffs.IsActive(topic, peer.Id, now))
        {
            if (_backoffs.IsKnownTo(peer, topic, now, out var since))
            {
                AccuseOfGraft(peer, since, now);
            }

            Prune(peer, topic, now);
        }
        else if (Scores.Of(peer.Id) < 0)
        {
            Prune(peer, topic, now);
        }
        else if ((mesh.Count >= options.MeshHigh && (!peer.IsDialed || options.MeshHigh == 0)) || !TryAddInterest(peer, topic, now))
        {
            // Strangers cannot crowd the mesh; those this side has chosen itself may go beyond until the heartbeat.
            Prune(peer, topic, now, Alternatives(topic, peer));
        }
        else
        {
            AddToMesh(topic, peer, now);
        }
    }

    private void AccuseOfGraft(RouterPeer peer, TimeSpan since, TimeSpan now)
    {
        var mayForget = since < peer.Since;
        if (mayForget && peer.ForgottenGrafts++ >= MaxForgottenGrafts)
        {
            return;
        }

        Counters.EarlyGrafts++;
        Accuse(peer.Id, GossipMisdeed.EarlyGraft, now);
        if (!mayForget && now - since < options.GraftFloodThreshold)
        {
            Counters.GraftFloods++;
            Accuse(peer.Id, GossipMisdeed.GraftFlood, now);
        }
    }

    private void OnPrune(RouterPeer peer, string topic, ulong seconds, TimeSpan now)
    {
        if (_meshes.ContainsKey(topic))
        {
            peer.WaitingGrafts.Remove(topic);
            RemoveFromMesh(topic, peer, now);
            var backoff = seconds == 0 ? options.PruneBackoff : TimeSpan.FromSeconds(Math.Min(seconds, MaxBackoff.TotalSeconds));
            _backoffs.AddHeard(topic, peer, now, now + backoff);
        }
    }

    private void Graft(RouterPeer peer, string topic, TimeSpan now)
    {
        AddToMesh(topic, peer, now);
        Effects.Add(new GossipEffect(GossipEffectKind.Graft, peer.Id) { Topic = topic });
    }

    private void Prune(RouterPeer peer, string topic, TimeSpan now, IReadOnlyList<PeerId>? others = null)
    {
        RemoveFromMesh(topic, peer, now);
        _backoffs.AddSent(topic, peer, now, now + options.PruneBackoff);
        Effects.Add(new GossipEffect(GossipEffectKind.Prune, peer.Id) { Topic = topic, Backoff = options.PruneBackoff, Others = others });
    }

    /// <summary>The one place that says who may be drawn into a mesh.</summary>
    private bool IsCandidate(RouterPeer peer, string topic, TimeSpan now) => peer is { IsGreeted: true, IsDirect: false }
        && peer.Score >= 0
        && peer.Topics.Contains(topic)
        && !_meshes[topic].Contains(peer)
        && !_backoffs.IsActive(topic, peer.Id, now - BackoffSlack);

    private void GraftSome(string topic, IEnumerable<RouterPeer> peers, int count, TimeSpan now)
    {
        if (count <= 0)
        {
            return;
        }

        foreach (var peer in Draw(peers.Where(p => IsCandidate(p, topic, now)), count))
        {
            Graft(peer, topic, now);
        }
    }

    private void MaintainMesh(string topic, HashSet<RouterPeer> mesh, TimeSpan now)
    {
        PruneNegative(topic, mesh, now);
        if (mesh.Count < options.MeshLow)
        {
            GraftSome(topic, InterestedIn(topic), options.MeshSize - mesh.Count, now);
        }

        if (mesh.Count > options.MeshHigh)
        {
            Shrink(topic, mesh, now);
        }

        if (mesh.Count >= options.MeshLow && mesh.Count(p => p.IsDialed) is var dialed && dialed < options.MeshOutbound)
        {
            GraftSome(topic, InterestedIn(topic).Where(p => p.IsDialed), options.MeshOutbound - dialed, now);
        }

        GraftOpportunistically(topic, mesh, now);
    }

    /// <summary>Keeps the best, enough that this side has dialed, and others at random, so that new peers have a chance.</summary>
    private void Shrink(string topic, HashSet<RouterPeer> mesh, TimeSpan now)
    {
        var kept = Best(mesh, Math.Min(options.MeshScore, options.MeshSize));
        var dialed = Draw(mesh.Where(p => p.IsDialed && !kept.Contains(p)), options.MeshOutbound - kept.Count(p => p.IsDialed));
        for (var i = kept.Count - 1; i >= 0 && kept.Count + dialed.Count > options.MeshSize; i--)
        {
            if (!kept[i].IsDialed)
            {
                kept.RemoveAt(i);
            }
        }

        kept.AddRange(dialed);
        kept.AddRange(Draw(mesh.Where(p => !kept.Contains(p)), options.MeshSize - kept.Count));
        foreach (var peer in mesh.Except(kept).ToArray())
        {
            Prune(peer, topic, now, Alternatives(topic, peer));
        }
    }
}
