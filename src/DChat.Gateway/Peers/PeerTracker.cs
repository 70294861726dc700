using DChat.Abstractions.Messages;
using DChat.Core.Peers;
using DChat.Core.Protocol;
using DChat.Core.Topics;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Protocols.Gossip;
using DChat.Libp2p.Swarm;

namespace DChat.Gateway.Peers;

/// <summary>
/// Keeps the descriptions of connected peers up to date. Only peers to whom something happened are looked at and described
/// again, so that a gateway with 10,000 quiet peers has next to nothing to do. Not thread-safe.
/// </summary>
/// <param name="network">The network, whose shards peers want.</param>
/// <param name="look">Finds a peer's connection; null when it is not connected.</param>
/// <param name="gossip">How the peers that gossip stand now.</param>
/// <param name="peers">The descriptions, as they are reported.</param>
internal sealed class PeerTracker(
    NetworkOptions network,
    Func<PeerId, ConnectedPeer?> look,
    Func<IReadOnlyList<GossipStanding>> gossip,
    NumberedSetWriter<string, PeerDescription> peers)
{
    /// <summary>A score is described again when it differs by this and by a quarter: it decays every second.</summary>
    internal const double NotableScore = 1;

    /// <summary>A round trip is described again when it differs by this and by a quarter, or every measurement would be a change.</summary>
    internal static readonly TimeSpan NotableRoundTrip = TimeSpan.FromMilliseconds(1);

    private readonly Dictionary<PeerId, Known> _known = [];
    private readonly Dictionary<PeerId, HashSet<ShardId>> _wanted = [];
    private readonly HashSet<PeerId> _stale = [];
    private long _look;

    /// <summary>Something happened to a peer or its connections.</summary>
    public void Touch(PeerId peer) => _stale.Add(peer);

    /// <summary>It is not known to whom something happened.</summary>
    /// <param name="connected">The peers that are connected.</param>
    public void TouchAll(IEnumerable<PeerId> connected)
    {
        _stale.UnionWith(_known.Keys);
        _stale.UnionWith(connected);
    }

    /// <summary>A peer, connected or not, began or ceased to want a topic.</summary>
    public void Want(PeerId peer, string topic, bool isWanted)
    {
        if (GossipTopics.TryParse(network, topic) is not { } shard)
        {
            return;
        }

        if (isWanted)
        {
            if (!_wanted.TryGetValue(peer, out var shards))
            {
                _wanted[peer] = shards = [];
            }

            shards.Add(shard);
        }
        else if (_wanted.TryGetValue(peer, out var shards) && shards.Remove(shard) && shards.Count == 0)
        {
            _wanted.Remove(peer);
        }

        _stale.Add(peer);
    }

    /// <summary>Brings the descriptions up to date.</summary>
    public void Update()
    {
        foreach (var peer in _stale)
        {
            Refresh(peer);
        }

        _stale.Clear();

        // Nothing tells of a new round trip or score, so each is read: fields of the connection and of gossip.
        _look++;
        var standings = gossip();
        for (var i = 0; i < standings.Count; i++)
        {
            if (_known.TryGetValue(standings[i].Peer, out var known))
            {
                known.GossipedAt = _look;
                known.IsChanged = TakeStanding(known, standings[i]);
            }
        }

        foreach (var known in _known.Values)
        {
            known.IsChanged |= TakeRoundTrip(known) | (known.GossipedAt != _look && known.Score is not null && TakeStanding(known, null));
            if (known.IsChanged)
            {
                known.IsChanged = false;
                Describe(known);
            }
        }
    }

    private static bool TakeRoundTrip(Known known)
    {
        if (known.Connection.RoundTrip() is not { } now || !IsNotable(known.RoundTrip, now))
        {
            return false;
        }

        known.RoundTrip = now;
        return true;
    }

    private bool TakeStanding(Known known, GossipStanding? standing)
    {
        var mesh = new ShardSet(standing?.MeshTopics.Select(topic => GossipTopics.TryParse(network, topic)).OfType<ShardId>() ?? []);
        if ((known.Score is null) == (standing is null)
            && known.IsGraylisted == (standing?.IsGraylisted ?? false)
            && !IsNotable(known.Score ?? 0, standing?.Score ?? 0)
            && known.Mesh.SequenceEqual(mesh))
        {
            return false;
        }

        (known.Score, known.IsGraylisted, known.Mesh) = (standing?.Score, standing?.IsGraylisted ?? false, mesh);
        return true;
    }

    private void Refresh(PeerId peer)
    {
        _known.TryGetValue(peer, out var known);
        if (look(peer) is { } connection)
        {
            // The host forgets what peers call themselves when it knows too many.
            var agent = AgentText.Clean(connection.Agent) ?? known?.Agent;
            _known[peer] = known = new Known(peer.ToString(), connection, agent)
            {
                RoundTrip = connection.RoundTrip(),
                Score = known?.Score,
                IsGraylisted = known?.IsGraylisted ?? false,
                Mesh = known?.Mesh ?? ShardSet.Empty,
            };
            Describe(known);
        }
        else if (_known.Remove(peer))
        {
            peers.Remove(known!.Text);
        }
    }

    private void Describe(Known known) => peers.Set(new PeerDescription(
        known.Text,
        known.Connection.Address.ToString(),
        known.Connection.Direction == Direction.Outbound ? PeerDirection.Outbound : PeerDirection.Inbound,
        known.Agent,
        known.Connection.OpenedAt,
        known.RoundTrip?.TotalMilliseconds,
        _wanted.TryGetValue(known.Connection.Peer, out var shards) ? new ShardSet(shards) : ShardSet.Empty,
        known.Score,
        known.Mesh,
        known.IsGraylisted));

    private static bool IsNotable(TimeSpan? told, TimeSpan now) =>
        told is not { } then || (now - then).Duration() >= NotableRoundTrip && (now - then).Duration() >= then / 4;

    private static bool IsNotable(double told, double now) =>
        Math.Abs(now - told) >= NotableScore && Math.Abs(now - told) >= Math.Abs(told) / 4;

    private sealed class Known(string text, ConnectedPeer connection, string? agent)
    {
        public string Text => text;

        public ConnectedPeer Connection => connection;

        public string? Agent => agent;

        public TimeSpan? RoundTrip { get; set; }

        /// <summary>The look at which it was last seen to gossip.</summary>
        public long GossipedAt { get; set; }

        /// <summary>Whether something of it is to be told.</summary>
        public bool IsChanged { get; set; }

        public double? Score { get; set; }

        public bool IsGraylisted { get; set; }

        public ShardSet Mesh { get; set; } = ShardSet.Empty;
    }
}
