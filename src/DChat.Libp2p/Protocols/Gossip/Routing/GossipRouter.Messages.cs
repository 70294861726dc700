using DChat.Libp2p.Identity;
using DChat.Libp2p.Protocols.Gossip.Wire;

namespace DChat.Libp2p.Protocols.Gossip.Routing;

/// <content>The way of messages: received, judged, forwarded; and published.</content>
internal sealed partial class GossipRouter
{
    private readonly SeenCache _seen = new(options.SeenTtl, options.Limits);
    private readonly MessageCache _cache = new(options.HistoryLength, options.HistoryGossip, options.Limits);

    /// <summary>Messages that await their verdict.</summary>
    private readonly Dictionary<GossipMessageId, Pending> _pending = [];

    private long _pendingBytes;

    internal int SeenCount => _seen.Count;

    internal int CachedCount => _cache.Count;

    internal long CachedBytes => _cache.Bytes;

    internal int PendingCount => _pending.Count;

    internal long PendingBytes => _pendingBytes;

    /// <summary>Whether a message that a peer sends is a further copy; that is noted.</summary>
    internal bool IsDuplicate(PeerId from, GossipMessageId id, string topic, TimeSpan now)
    {
        if (!IsRemembered(id))
        {
            return false;
        }

        Interlocked.Increment(ref Counters.Duplicates);
        if (!_pending.TryGetValue(id, out var pending))
        {
            Tell(new GossipEvent(GossipEventKind.Copied, from, now) { Topic = topic, MessageId = id });
        }
        else if (TryFind(from, out var peer))
        {
            (pending.Others ??= []).Add(peer);
            (pending.Bringers ??= []).Add(from);
        }

        return true;
    }

    /// <summary>A message from a peer, well formed and signed as its topic wants. When it is new, it is to be validated.</summary>
    internal void Receive(PeerId from, GossipPacket packet, TimeSpan now)
    {
        if (!TryFind(from, out var peer) || IsDuplicate(from, packet.Id, packet.Topic, now))
        {
            return;
        }

        if (!_meshes.TryGetValue(packet.Topic, out var mesh))
        {
            Interlocked.Increment(ref Counters.Unwanted);
            return;
        }

        _promises.Keep(packet.Id);
        if (!HasRoom(peer, packet.Frame.Length))
        {
            // Not remembered, so that it is new again when it comes once more.
            Counters.ValidationsFull++;
            Note(peer.TurnedAway, packet.Id);
            return;
        }

        Counters.Received++;
        SayNotWanted(packet, peer, mesh);
        Validate(new Pending(packet, peer, now));
    }

    private void Validate(Pending pending)
    {
        var size = pending.Packet.Frame.Length;
        _pending.Add(pending.Packet.Id, pending);
        _pendingBytes += size;
        pending.Source.PendingValidations++;
        pending.Source.PendingBytes += size;
        Effects.Add(new GossipEffect(GossipEffectKind.Validate, pending.Source.Id) { Packet = pending.Packet });
    }

    /// <summary>
    /// The verdict on a message. Only an accepted one goes on; none is judged again while it is remembered, and what is deferred
    /// is not remembered.
    /// </summary>
    internal void Decide(GossipMessageId id, GossipVerdict verdict, TimeSpan now)
    {
        if (!_pending.Remove(id, out var pending))
        {
            return;
        }

        pending.Source.PendingValidations--;
        pending.Source.PendingBytes -= pending.Packet.Frame.Length;
        _pendingBytes -= pending.Packet.Frame.Length;
        if (verdict == GossipVerdict.Defer)
        {
            Counters.Deferred++;
            ValidateCopy(pending);
            return;
        }

        switch (verdict)
        {
            case GossipVerdict.Accept:
                Counters.Accepted++;
                _seen.AddAccepted(id, pending.Since);
                TellVerdict(GossipEventKind.Accepted, pending, now);
                Forward(pending);
                break;
            case GossipVerdict.Reject:
                Counters.Rejected++;
                _seen.AddRefused(id, pending.Since, pending.Source.Id, isIgnored: false);
                TellVerdict(GossipEventKind.Rejected, pending, now);
                break;
            default:
                Counters.Ignored++;
                _seen.AddRefused(id, pending.Since, pending.Source.Id, isIgnored: true);
                TellVerdict(GossipEventKind.Ignored, pending, now);
                break;
        }
    }

    /// <summary>Has a deferred message judged as it came from the next peer that has brought it, which will not send it twice.</summary>
    private void ValidateCopy(Pending deferred)
    {
        (deferred.Bringers ??= []).Add(deferred.Source.Id);
        while (deferred.Others is { Count: > 0 } others)
        {
            var next = others.First();
            others.Remove(next);
            if (TryFind(next.Id, out var peer) && peer == next && HasRoom(peer, deferred.Packet.Frame.Length))
            {
                Validate(new Pending(deferred.Packet, peer, deferred.Since) { Others = others, Bringers = deferred.Bringers });
                return;
            }
        }
    }

    /// <summary>
    /// An own message; false when it is known already. The application may publish what it ignored before, since its mind may
    /// have changed, and what it has not judged yet: then that is its verdict.
    /// </summary>
    internal bool Publish(GossipPacket packet, TimeSpan now)
    {
        if (_pending.ContainsKey(packet.Id))
        {
            PublishKnown(packet.Id, now);
            return false;
        }

        if (!_seen.AddAccepted(packet.Id, now) && !_seen.TakeIgnored(packet.Id))
        {
            return false;
        }

        Counters.Published++;
        _promises.Keep(packet.Id);
        _cache.Add(packet);
        if (_meshes.TryGetValue(packet.Topic, out var mesh))
        {
            SayNotWanted(packet, null, mesh);
        }

        var targets = options.FloodPublish ? InterestedIn(packet.Topic).Where(IsPublishedTo) : TargetsOf(packet.Topic, now);
        foreach (var peer in targets)
        {
            Send(peer, packet);
        }

        foreach (var peer in _direct)
        {
            if (peer.Topics.Contains(packet.Topic) && !targets.Contains(peer))
            {
                Send(peer, packet);
            }
        }

        return true;
    }

    /// <summary>Whether <see cref="Publish"/> would do nothing with a message but accept it.</summary>
    internal bool IsKnown(GossipMessageId id) => IsRemembered(id) && !_seen.IsIgnored(id);

    private bool IsRemembered(GossipMessageId id) => _pending.ContainsKey(id) || _seen.Contains(id);

    /// <summary>An own message that is known: if it is not judged yet, it is accepted.</summary>
    internal void PublishKnown(GossipMessageId id, TimeSpan now) => Decide(id, GossipVerdict.Accept, now);

    private bool HasRoom(RouterPeer peer, int size) => _pending.Count < _limits.MaxPendingValidations
        && peer.PendingValidations < _limits.MaxPendingValidationsPerPeer
        && _pendingBytes + size <= _limits.MaxPendingValidationBytes
        && peer.PendingBytes + size <= _limits.MaxPendingValidationBytesPerPeer;

    private HashSet<RouterPeer> TargetsOf(string topic, TimeSpan now)
    {
        if (!_meshes.TryGetValue(topic, out var mesh))
        {
            return FanoutOf(topic, now);
        }

        // A mesh that is not complete yet must not make the author's own words go to nobody.
        return mesh.Count >= options.MeshSize
            ? mesh
            : [.. mesh, .. Draw(InterestedIn(topic).Where(p => !mesh.Contains(p) && IsPublishedTo(p)), options.MeshSize - mesh.Count)];
    }

    private HashSet<RouterPeer> FanoutOf(string topic, TimeSpan now)
    {
        if (!_fanouts.TryGetValue(topic, out var fanout))
        {
            _fanouts[topic] = fanout = new Fanout();
        }

        fanout.LastPublished = now;
        FillFanout(topic, fanout);
        return fanout.Peers;
    }

    private void FillFanout(string topic, Fanout fanout) => fanout.Peers.UnionWith(
        Draw(InterestedIn(topic).Where(p => !fanout.Peers.Contains(p) && IsPublishedTo(p)), options.MeshSize - fanout.Peers.Count));

    private void Forward(Pending pending)
    {
        _cache.Add(pending.Packet);
        if (!_meshes.TryGetValue(pending.Packet.Topic, out var mesh))
        {
            return;
        }

        foreach (var peer in mesh)
        {
            Forward(pending, peer);
        }

        foreach (var peer in _direct)
        {
            if (peer.Topics.Contains(pending.Packet.Topic))
            {
                Forward(pending, peer);
            }
        }
    }

    private void Forward(Pending pending, RouterPeer peer)
    {
        if (peer != pending.Source && pending.Others?.Contains(peer) is not true && !peer.Id.Equals(pending.Packet.Author))
        {
            Send(peer, pending.Packet);
        }
    }

    private void Send(RouterPeer peer, GossipPacket packet)
    {
        if (!peer.NotWanted.Contains(packet.Id))
        {
            Effects.Add(new GossipEffect(GossipEffectKind.Send, peer.Id) { Packet = packet });
        }
    }

    /// <summary>Tells the mesh at once that further copies of a large message are not needed (gossipsub-v1.2.md).</summary>
    private void SayNotWanted(GossipPacket packet, RouterPeer? source, HashSet<RouterPeer> mesh)
    {
        if (packet.Data.Length < options.IdontwantMinSize)
        {
            return;
        }

        var ids = new GossipIds(GossipKind.Idontwant, null, new[] { packet.Id });
        foreach (var peer in mesh)
        {
            if (peer != source && peer.Version >= 2)
            {
                Effects.Add(new GossipEffect(GossipEffectKind.Gossip, peer.Id) { Ids = ids });
            }
        }
    }

    private sealed class Pending(GossipPacket packet, RouterPeer source, TimeSpan since)
    {
        internal GossipPacket Packet => packet;

        internal RouterPeer Source => source;

        /// <summary>When the first copy came.</summary>
        internal TimeSpan Since => since;

        /// <summary>Who else has sent it meanwhile, and has not had it judged for them.</summary>
        internal HashSet<RouterPeer>? Others { get; set; }

        /// <summary>Who has sent it until now beside the source, gone or not.</summary>
        internal HashSet<PeerId>? Bringers { get; set; }
    }
}
