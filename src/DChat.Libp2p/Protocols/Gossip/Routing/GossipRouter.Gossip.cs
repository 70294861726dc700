using DChat.Libp2p.Identity;
using DChat.Libp2p.Protocols.Gossip.Wire;

namespace DChat.Libp2p.Protocols.Gossip.Routing;

/// <content>Heartbeats, and what is said about messages (gossipsub-v1.0.md, "Control messages", "Heartbeat").</content>
internal sealed partial class GossipRouter
{
    /// <summary>Heartbeats between the times that ended back-offs are forgotten.</summary>
    private const int BackoffSweepHeartbeats = 15;

    private readonly PromiseTable _promises = new();
    private readonly HashSet<GossipMessageId> _wanted = [];
    private readonly HashSet<string> _grafted = new(StringComparer.Ordinal);
    private long _heartbeat;

    internal int BackoffCount => _backoffs.Count;

    internal int PromiseCount => _promises.Count;

    /// <summary>What a peer wants; before the messages of the same RPC.</summary>
    internal void HandleSubscriptions(PeerId from, GossipRpc rpc, TimeSpan now)
    {
        if (!TryFind(from, out var peer))
        {
            return;
        }

        PassOver(peer, GossipMisdeed.EntryExcess, rpc.PassedOver, now);
        foreach (var (topic, isSubscribed) in rpc.Subscriptions)
        {
            if (isSubscribed)
            {
                TryAddInterest(peer, topic, now);
            }
            else
            {
                RemoveInterest(peer, topic, now);
            }
        }
    }

    /// <summary>What a peer says about meshes and ids; after the messages of the same RPC.</summary>
    internal void HandleControl(PeerId from, GossipRpc rpc, TimeSpan now)
    {
        if (!rpc.HasControl || !TryFind(from, out var peer))
        {
            return;
        }

        OnIdontwant(peer, rpc.Idontwant, now);
        if (IsHeard(peer))
        {
            OnIhave(peer, rpc.Ihave, now);
            OnIwant(peer, rpc.Iwant, now);
        }

        OnGrafts(peer, rpc.Graft, now);
        foreach (var (topic, backoff) in rpc.Prune)
        {
            OnPrune(peer, topic, backoff, now);
        }

        OnExchange(peer, rpc.Exchange);
    }

    private void OnGrafts(RouterPeer peer, List<string> topics, TimeSpan now)
    {
        _grafted.Clear();
        foreach (var topic in topics)
        {
            // Each would be answered on its own.
            if (_grafted.Add(topic))
            {
                OnGraft(peer, topic, now);
            }
        }

        PassOver(peer, GossipMisdeed.EntryExcess, topics.Count - _grafted.Count, now);
    }

    /// <summary>To be called every <see cref="GossipsubOptions.HeartbeatInterval"/>.</summary>
    internal void Heartbeat(TimeSpan now)
    {
        _heartbeat++;
        foreach (var peer in _peers.Values)
        {
            ResetAllowances(peer);
        }

        foreach (var breaker in _promises.TakeBroken(now))
        {
            Counters.BrokenPromises++;
            Accuse(breaker, GossipMisdeed.BrokenPromise, now);
        }

        RefreshScores(now);
        _seen.Expire(now);
        if (_heartbeat % BackoffSweepHeartbeats == 0)
        {
            _backoffs.Expire(now - BackoffSlack);
        }

        foreach (var (topic, mesh) in _meshes)
        {
            MaintainMesh(topic, mesh, now);
        }

        MaintainFanouts(now);
        foreach (var (topic, ids) in _cache.RecentIds())
        {
            EmitGossip(topic, ids);
        }

        _cache.Shift();
    }

    private void ResetAllowances(RouterPeer peer)
    {
        peer.IhaveMessages = 0;
        peer.AskedIds = 0;
        peer.WantedIds = 0;
        peer.IdontwantIds = 0;
        peer.NotWanted.Expire(_heartbeat);
        peer.Untaken.Expire(_heartbeat);
        peer.TurnedAway.Expire(_heartbeat);
    }

    private void MaintainFanouts(TimeSpan now)
    {
        foreach (var (topic, fanout) in _fanouts)
        {
            if (now - fanout.LastPublished >= options.FanoutTtl)
            {
                _fanouts.Remove(topic);
            }
            else
            {
                fanout.Peers.RemoveWhere(p => !IsPublishedTo(p));
                FillFanout(topic, fanout);
            }
        }
    }

    /// <summary>Tells some peers that get no full messages which ones there are. The ids are copied once, however many peers are told.</summary>
    private void EmitGossip(string topic, List<GossipMessageId> ids)
    {
        var told = _meshes.GetValueOrDefault(topic) ?? _fanouts.GetValueOrDefault(topic)?.Peers ?? [];
        var others = InterestedIn(topic).Where(p => !p.IsDirect && !told.Contains(p) && p.Score >= options.Score.GossipThreshold).ToList();
        var count = Math.Max(options.GossipSize, (int)(options.GossipFactor * others.Count));
        var drawn = Draw(others, count);
        if (drawn.Count == 0)
        {
            return;
        }

        var all = ids.ToArray();
        _random.Shuffle(all);
        EmitEntries(drawn, new GossipIds(GossipKind.Ihave, topic, all).Split(_limits.MaxIhaveIds));
    }

    /// <summary>
    /// Tells each peer of as many entries as its limit lets, beginning after those that the peer before was told of, all round:
    /// when there are too many for one, together they are told of all.
    /// </summary>
    private void EmitEntries(List<RouterPeer> peers, List<GossipIds> entries)
    {
        var at = 0;
        foreach (var peer in peers)
        {
            var room = _limits.MaxIhaveIds;
            for (var i = 0; i < entries.Count && entries[at].Ids.Length <= room; i++)
            {
                Effects.Add(new GossipEffect(GossipEffectKind.Gossip, peer.Id) { Ids = entries[at] });
                room -= entries[at].Ids.Length;
                at = (at + 1) % entries.Count;
            }
        }
    }

    private void OnIhave(RouterPeer peer, List<(string Topic, GossipMessageId[] Ids)> entries, TimeSpan now)
    {
        if (entries.Count == 0)
        {
            return;
        }

        if (++peer.IhaveMessages > _limits.MaxIhaveMessages)
        {
            PassOver(peer, GossipMisdeed.IhaveExcess, 1, now);
            return;
        }

        _wanted.Clear();
        var beyond = 0;
        foreach (var (topic, ids) in entries)
        {
            if (_meshes.ContainsKey(topic))
            {
                beyond += AddUnseen(peer, ids);
            }
        }

        PassOver(peer, GossipMisdeed.IhaveExcess, beyond, now);

        if (_wanted.Count == 0)
        {
            return;
        }

        GossipMessageId[] wanted = [.. _wanted];
        peer.AskedIds += wanted.Length;
        _promises.Add(wanted[_random.Next(wanted.Length)], peer.Id, now + options.IwantFollowup);
        Effects.Add(new GossipEffect(GossipEffectKind.Gossip, peer.Id) { Ids = new GossipIds(GossipKind.Iwant, null, wanted) });
    }

    /// <summary>Adds what is new to what is asked of a peer; how many ids were beyond its limit.</summary>
    private int AddUnseen(RouterPeer peer, GossipMessageId[] ids)
    {
        var beyond = 0;
        foreach (var id in ids)
        {
            // What there was no room for is asked for again when there is some.
            if (IsRemembered(id) || peer.Untaken.Contains(id) || (peer.TurnedAway.Contains(id) && !HasRoom(peer, 0)))
            {
                continue;
            }

            if (peer.AskedIds + _wanted.Count >= _limits.MaxIhaveIds)
            {
                beyond++;
                continue;
            }

            _wanted.Add(id);
        }

        return beyond;
    }

    private void OnIwant(RouterPeer peer, List<GossipMessageId> ids, TimeSpan now)
    {
        var beyond = 0;
        foreach (var id in ids)
        {
            if (++peer.WantedIds > _limits.MaxIhaveIds)
            {
                beyond++;
            }
            else if (_cache.TakeFor(id, peer.Id) is { } packet)
            {
                // It says itself that it wants this one, whatever it has said before.
                Effects.Add(new GossipEffect(GossipEffectKind.Send, peer.Id) { Packet = packet });
            }
        }

        PassOver(peer, GossipMisdeed.IwantExcess, beyond, now);
    }

    private void OnIdontwant(RouterPeer peer, List<GossipMessageId> ids, TimeSpan now)
    {
        var beyond = 0;
        foreach (var id in ids)
        {
            if (++peer.IdontwantIds > _limits.MaxIdontwantIds)
            {
                beyond++;
            }
            else
            {
                peer.NotWanted.Add(id, _heartbeat + _limits.IdontwantHeartbeats);
            }
        }

        PassOver(peer, GossipMisdeed.IdontwantExcess, beyond, now);
    }
}
