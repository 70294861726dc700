namespace DChat.Libp2p.Protocols.Gossipsub.Routing;

/// <content>Who is in the mesh (gossipsub-v1.1.md, "Prune Backoff", "Outbound Mesh Quotas").</content>
internal sealed partial class GossipRouter
{
    /// <summary>The longest back-off taken from a peer.</summary>
    internal static readonly TimeSpan MaxBackoff = TimeSpan.FromHours(1);

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
        else if (_backoffs.IsActive(topic, peer.Id, now, out var since))
        {
            Counters.EarlyGrafts++;
            Accuse(peer.Id, GossipMisdeed.EarlyGraft, now);
            if (now - since < options.GraftFloodThreshold)
            {
                Counters.GraftFloods++;
                Accuse(peer.Id, GossipMisdeed.GraftFlood, now);
            }

            Prune(peer, topic, now);
        }
        else if ((mesh.Count >= options.MeshHigh && (!peer.IsDialed || options.MeshHigh == 0)) || !TryAddInterest(peer, topic, now))
        {
            // Strangers cannot crowd the mesh; those this side has chosen itself may go beyond until the heartbeat.
            Prune(peer, topic, now);
        }
        else
        {
            AddToMesh(topic, peer, now);
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

    private void Prune(RouterPeer peer, string topic, TimeSpan now)
    {
        RemoveFromMesh(topic, peer, now);
        _backoffs.AddSent(topic, peer, now, now + options.PruneBackoff);
        Effects.Add(new GossipEffect(GossipEffectKind.Prune, peer.Id) { Topic = topic, Backoff = options.PruneBackoff });
    }

    /// <summary>The one place that says who may be drawn into a mesh.</summary>
    private bool IsCandidate(RouterPeer peer, string topic, TimeSpan now) => peer.IsGreeted
        && peer.Topics.Contains(topic)
        && !_meshes[topic].Contains(peer)
        && !_backoffs.IsActive(topic, peer.Id, now - BackoffSlack, out _);

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
    }

    private void Shrink(string topic, HashSet<RouterPeer> mesh, TimeSpan now)
    {
        var kept = Draw(mesh.Where(p => p.IsDialed), options.MeshOutbound).ToHashSet();
        kept.UnionWith(Draw(mesh.Where(p => !kept.Contains(p)), options.MeshSize - kept.Count));
        foreach (var peer in mesh.Where(p => !kept.Contains(p)).ToArray())
        {
            Prune(peer, topic, now);
        }
    }
}
