using System.Diagnostics.CodeAnalysis;
using DChat.Libp2p.Addresses;
using DChat.Libp2p.Identity;

namespace DChat.Libp2p.Protocols.Gossip.Routing;

/// <summary>
/// Gossipsub without input, output, clock and randomness of its own: every call is an input with its time, and leaves
/// what is to be done in <see cref="Effects"/>. The same inputs and seed give the same effects. Not thread-safe.
/// </summary>
/// <remarks>Times count from any fixed point, and never go back. Ids and signatures are the caller's to make and check.</remarks>
internal sealed partial class GossipRouter(GossipsubOptions options, int seed)
{
    private readonly Random _random = new(seed);
    private readonly GossipsubLimits _limits = options.Limits;
    private readonly Dictionary<PeerId, RouterPeer> _peers = [];

    /// <summary>Who wants a topic, of those that are kept account of.</summary>
    private readonly Dictionary<string, HashSet<RouterPeer>> _interested = new(StringComparer.Ordinal);

    /// <summary>The mesh of every topic subscribed to.</summary>
    private readonly Dictionary<string, HashSet<RouterPeer>> _meshes = new(StringComparer.Ordinal);

    /// <summary>Peers that own messages go to, of topics not subscribed to.</summary>
    private readonly Dictionary<string, Fanout> _fanouts = new(StringComparer.Ordinal);

    private readonly BackoffTable _backoffs = new();

    /// <summary>The direct peers that are spoken with.</summary>
    private readonly HashSet<RouterPeer> _direct = [];

    /// <summary>Peers that are sent every message they want: in no mesh, and always with a place.</summary>
    internal IReadOnlySet<PeerId> Direct { get; } = options.DirectPeers.Select(a => a.Peer).OfType<PeerId>().ToHashSet();

    /// <summary>Which topics of peers are kept account of; null for all. Not to throw.</summary>
    internal Func<string, bool>? TopicFilter { get; init; } = options.TopicFilter;

    /// <summary>What is to be done, in order; the caller does it and clears the list.</summary>
    internal List<GossipEffect> Effects { get; } = [];

    internal GossipCounters Counters { get; } = new();

    internal IReadOnlyCollection<PeerId> Peers => _peers.Keys;

    internal IReadOnlyCollection<string> Topics => _meshes.Keys;

    /// <summary>A prune takes its time to arrive, so that this side waits a little longer than the other.</summary>
    private TimeSpan BackoffSlack => options.HeartbeatInterval;

    internal IEnumerable<PeerId> MeshOf(string topic) => _meshes.TryGetValue(topic, out var mesh) ? mesh.Select(p => p.Id) : [];

    internal IEnumerable<PeerId> PeersOf(string topic) => _interested.TryGetValue(topic, out var peers) ? peers.Select(p => p.Id) : [];

    /// <summary>Every (peer, topic) that is kept account of.</summary>
    internal IEnumerable<(PeerId Peer, string Topic)> Interests => _peers.Values.SelectMany(p => p.Topics.Select(t => (p.Id, t)));

    internal bool IsDialed(PeerId id) => TryFind(id, out var peer) && peer.IsDialed;

    /// <summary>Speaks with a peer from now on; false when there are too many. Says nothing to it before <see cref="Greet"/>.</summary>
    /// <param name="id">The peer.</param>
    /// <param name="version">The minor version of meshsub it speaks.</param>
    /// <param name="isDialed">Whether this side dialed it.</param>
    /// <param name="addresses">Where its connections come from or go to.</param>
    /// <param name="now">The time.</param>
    internal bool TryAddPeer(PeerId id, int version, bool isDialed, IReadOnlyList<Multiaddr> addresses, TimeSpan now)
    {
        if (_peers.ContainsKey(id))
        {
            return true;
        }

        var isDirect = Direct.Contains(id);
        if (!isDirect && _peers.Count >= _limits.MaxPeers)
        {
            return false;
        }

        var peer = new RouterPeer(id, version, isDialed, addresses, now) { IsDirect = isDirect };
        _peers.Add(id, peer);
        if (isDirect)
        {
            _direct.Add(peer);
        }

        TellPresence(GossipEventKind.Connected, peer, now);
        peer.Score = Scores.Of(id);
        return true;
    }

    /// <summary>The connections to a peer have changed.</summary>
    internal void Relocate(PeerId id, bool isDialed, IReadOnlyList<Multiaddr> addresses, TimeSpan now)
    {
        if (TryFind(id, out var peer) && (peer.IsDialed != isDialed || !peer.Addresses.SequenceEqual(addresses)))
        {
            (peer.IsDialed, peer.Addresses) = (isDialed, addresses);
            TellPresence(GossipEventKind.Relocated, peer, now);
        }
    }

    /// <summary>A stream to the peer has been opened: it is told what is wanted here.</summary>
    internal void Greet(PeerId id, int version, TimeSpan now)
    {
        if (!TryFind(id, out var peer))
        {
            return;
        }

        peer.Version = version;
        peer.IsGreeted = true;
        foreach (var topic in _meshes.Keys)
        {
            Effects.Add(new GossipEffect(GossipEffectKind.Subscribe, id) { Topic = topic });
        }

        string[] grafts = [.. peer.WaitingGrafts];
        peer.WaitingGrafts.Clear();
        foreach (var topic in grafts)
        {
            OnGraft(peer, topic, now);
        }
    }

    /// <summary>The peer's stream to this side has ended: a new one begins with what it wants.</summary>
    internal void ForgetInterests(PeerId id, TimeSpan now)
    {
        if (TryFind(id, out var peer))
        {
            foreach (var topic in peer.Topics.ToArray())
            {
                RemoveInterest(peer, topic, now);
            }

            LeaveMeshes(peer, now);
        }
    }

    internal void RemovePeer(PeerId id, TimeSpan now)
    {
        ForgetInterests(id, now);
        _promises.RemovePeer(id);
        if (_peers.Remove(id, out var peer))
        {
            _direct.Remove(peer);
            Tell(new GossipEvent(GossipEventKind.Disconnected, id, now));
        }
    }

    /// <summary>The stream to the peer has ended: it hears nothing before the next one.</summary>
    internal void Silence(PeerId id, TimeSpan now)
    {
        if (TryFind(id, out var peer))
        {
            peer.IsGreeted = false;
            LeaveMeshes(peer, now);
        }
    }

    private bool TryFind(PeerId id, [NotNullWhen(true)] out RouterPeer? peer) => _peers.TryGetValue(id, out peer);

    private HashSet<RouterPeer> InterestedIn(string topic) => _interested.TryGetValue(topic, out var peers) ? peers : [];

    private bool TryAddInterest(RouterPeer peer, string topic, TimeSpan now)
    {
        if (peer.Topics.Contains(topic))
        {
            return true;
        }

        if (!_meshes.ContainsKey(topic) && TopicFilter?.Invoke(topic) is false)
        {
            return false;
        }

        if (peer.Topics.Count >= _limits.MaxTopicsPerPeer)
        {
            PassOver(peer, GossipMisdeed.EntryExcess, 1, now);
            return false;
        }

        if (!_interested.TryGetValue(topic, out var peers))
        {
            _interested[topic] = peers = [];
        }

        peer.Topics.Add(topic);
        peers.Add(peer);
        Effects.Add(new GossipEffect(GossipEffectKind.PeerSubscribed, peer.Id) { Topic = topic });
        return true;
    }

    private void RemoveInterest(RouterPeer peer, string topic, TimeSpan now)
    {
        if (!peer.Topics.Remove(topic))
        {
            return;
        }

        var peers = _interested[topic];
        peers.Remove(peer);
        if (peers.Count == 0)
        {
            _interested.Remove(topic);
        }

        peer.WaitingGrafts.Remove(topic);
        RemoveFromMesh(topic, peer, now);
        _fanouts.GetValueOrDefault(topic)?.Peers.Remove(peer);
        Effects.Add(new GossipEffect(GossipEffectKind.PeerUnsubscribed, peer.Id) { Topic = topic });
    }

    private void LeaveMeshes(RouterPeer peer, TimeSpan now)
    {
        peer.WaitingGrafts.Clear();
        foreach (var topic in _meshes.Keys)
        {
            RemoveFromMesh(topic, peer, now);
        }
    }

    /// <summary>Up to so many of them, drawn at random.</summary>
    private List<RouterPeer> Draw(IEnumerable<RouterPeer> peers, int count)
    {
        var all = peers.ToList();
        count = Math.Clamp(count, 0, all.Count);
        for (var i = 0; i < count; i++)
        {
            var other = _random.Next(i, all.Count);
            (all[i], all[other]) = (all[other], all[i]);
        }

        all.RemoveRange(count, all.Count - count);
        return all;
    }

    private sealed class Fanout
    {
        internal HashSet<RouterPeer> Peers { get; } = [];

        internal TimeSpan LastPublished { get; set; }
    }
}
