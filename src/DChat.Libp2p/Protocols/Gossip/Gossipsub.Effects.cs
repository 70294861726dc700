using System.Runtime.InteropServices;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Protocols.Gossip.Routing;
using DChat.Libp2p.Protocols.Gossip.Wire;
using DChat.Libp2p.Swarm;

namespace DChat.Libp2p.Protocols.Gossip;

/// <content>What the router wants done.</content>
public sealed partial class Gossipsub
{
    /// <summary>Does what the router wants done; to how many queues a message was added.</summary>
    /// <param name="over">The connection that messages to validate came over; null to look for that of each.</param>
    private int Apply(PeerConnection? over = null)
    {
        var queued = 0;
        foreach (ref readonly var effect in CollectionsMarshal.AsSpan(_router.Effects))
        {
            switch (effect.Kind)
            {
                case GossipEffectKind.Validate:
                    _validations.Writer.TryWrite((effect.Packet!, over ?? _sessions.GetValueOrDefault(effect.Peer)?.Inbound?.Connection));
                    break;
                case GossipEffectKind.Introduce:
                    Introduce(effect, over);
                    break;
                case GossipEffectKind.Cut:
                    Cut(effect.Peer);
                    break;
                case GossipEffectKind.PeerSubscribed or GossipEffectKind.PeerUnsubscribed:
                    Tell(effect);
                    break;
                default:
                    queued += Enqueue(effect);
                    break;
            }
        }

        _router.Effects.Clear();
        if (_budget.IsExceeded)
        {
            _budget.Relieve(_sessions.Values.Select(s => s.Outbox));
        }

        return queued;
    }

    private int Enqueue(in GossipEffect effect)
    {
        if (!_sessions.TryGetValue(effect.Peer, out var session))
        {
            return 0;
        }

        switch (effect.Kind)
        {
            case GossipEffectKind.Send:
                return session.Outbox.TryAdd(effect.Packet!) ? 1 : 0;
            case GossipEffectKind.Gossip:
                session.Outbox.AddGossip(effect.Ids);
                break;
            case GossipEffectKind.Graft:
                session.Outbox.AddMeshChange(effect.Topic!, new MeshChange(null));
                break;
            case GossipEffectKind.Prune:
                session.Outbox.AddMeshChange(effect.Topic!, new MeshChange(effect.Backoff, RecordsOf(effect.Others)));
                break;
            default:
                session.Outbox.AddSubscription(effect.Topic!, effect.Kind == GossipEffectKind.Subscribe);
                break;
        }

        return 0;
    }

    private void Introduce(in GossipEffect effect, PeerConnection? over)
    {
        foreach (var record in effect.Records!)
        {
            if (_dialer.TryAdd(record, over))
            {
                _router.Counters.Introductions++;
            }
            else
            {
                _router.Counters.DroppedIntroductions++;
            }
        }
    }

    /// <summary>The records of peers that have signed one, as many as fit into one RPC beside the prune.</summary>
    private List<(PeerId Peer, ReadOnlyMemory<byte> Record)>? RecordsOf(IReadOnlyList<PeerId>? peers)
    {
        if (peers is null or [])
        {
            return null;
        }

        List<(PeerId Peer, ReadOnlyMemory<byte> Record)> records = [];
        var room = _options.Limits.MaxRpcSent / 2;
        foreach (var peer in peers)
        {
            if (_host.Peers.Find(peer)?.SignedRecord is { IsEmpty: false } record && GossipRpcWriter.ExchangeSize(peer, record) is var size && size <= room)
            {
                records.Add((peer, record));
                room -= size;
            }
        }

        return records;
    }

    private void Tell(in GossipEffect effect)
    {
        foreach (var feed in _feeds)
        {
            feed.Add(effect.Peer, effect.Topic!, effect.Kind == GossipEffectKind.PeerSubscribed);
        }
    }
}
