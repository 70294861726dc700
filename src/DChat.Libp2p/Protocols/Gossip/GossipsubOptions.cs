using DChat.Libp2p.Addresses;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Protocols.Gossip.Scoring;

namespace DChat.Libp2p.Protocols.Gossip;

/// <summary>
/// How gossipsub works: the parameters of gossipsub-v1.0.md, "Parameters", and its later versions. Read once, when
/// <see cref="Gossipsub"/> is made.
/// </summary>
public sealed class GossipsubOptions
{
    /// <summary>D: peers of a topic's mesh aimed at. Default 6; 0 to 100. 0 means no mesh: messages travel by gossip alone.</summary>
    public int MeshSize { get; set; } = 6;

    /// <summary>Dlo: below this a mesh is filled up to <see cref="MeshSize"/>. Default 4; 0 to <see cref="MeshSize"/>.</summary>
    public int MeshLow { get; set; } = 4;

    /// <summary>Dhi: above this a mesh is cut down to <see cref="MeshSize"/>. Default 12; <see cref="MeshSize"/> to 1000.</summary>
    public int MeshHigh { get; set; } = 12;

    /// <summary>
    /// Dout: peers of a mesh that this side dialed, which strangers cannot make themselves. Default 2; at most half of
    /// <see cref="MeshSize"/>, and less than <see cref="MeshLow"/> unless both are 0.
    /// </summary>
    public int MeshOutbound { get; set; } = 2;

    /// <summary>Dscore: of the peers kept when a mesh is cut down, so many with the best scores. Default 4; 0 to 100.</summary>
    public int MeshScore { get; set; } = 4;

    /// <summary>Dlazy: least peers outside the mesh told about messages at a heartbeat. Default 6; 0 to 1000.</summary>
    public int GossipSize { get; set; } = 6;

    /// <summary>Share of the peers outside the mesh told about messages, if that is more. Default 0.25; 0 to 1.</summary>
    public double GossipFactor { get; set; } = 0.25;

    /// <summary>Time between heartbeats. Default 1 s; 10 ms to 1 min.</summary>
    public TimeSpan HeartbeatInterval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Time to the first heartbeat. Default 100 ms; 0 to 1 min.</summary>
    public TimeSpan HeartbeatDelay { get; set; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Heartbeats that a message is kept, to be sent to whoever asks. Default 5; 1 to 100.</summary>
    public int HistoryLength { get; set; } = 5;

    /// <summary>Heartbeats that a message is told about. Default 3; 1 to <see cref="HistoryLength"/>.</summary>
    public int HistoryGossip { get; set; } = 3;

    /// <summary>Time that an id is remembered, so that a message counts once. Default 120 s; 1 s to 1 h.</summary>
    public TimeSpan SeenTtl { get; set; } = TimeSpan.FromSeconds(120);

    /// <summary>Time after the last message of one's own that peers of a topic not subscribed to are kept. Default 60 s; 1 s to 1 h.</summary>
    public TimeSpan FanoutTtl { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>Time that a pruned peer stays out of the mesh. Default 60 s; 1 s to 1 h.</summary>
    public TimeSpan PruneBackoff { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>Time that a peer stays out of the mesh when the topic was left. Default 10 s; 1 s to 1 h.</summary>
    public TimeSpan UnsubscribeBackoff { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>A peer that grafts so soon after being pruned counts as flooding. Default 10 s; 0 to <see cref="PruneBackoff"/>.</summary>
    public TimeSpan GraftFloodThreshold { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Time that a peer has to send a message it told about and was asked for. Default 3 s; 100 ms to 1 min.</summary>
    public TimeSpan IwantFollowup { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>
    /// Time that a validator has. After it the message counts as ignored, and the validator's place goes to the next even if it
    /// does not return; a validator that blocks its thread keeps its place. Default 30 s; 100 ms to 10 min.
    /// </summary>
    public TimeSpan ValidationTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Time that a peer may take for one RPC of at most <see cref="GossipsubLimits.MaxRpcSent"/>. After it the stream is reset and
    /// what waits is dropped; a new one is opened later. Default 30 s; 1 s to 10 min.
    /// </summary>
    public TimeSpan StallTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Whether own messages go to every peer of the topic instead of the mesh alone. Default yes.</summary>
    public bool FloodPublish { get; set; } = true;

    /// <summary>Payload from which peers are told at once not to send their copy. Default 1024 bytes; at least 0.</summary>
    public int IdontwantMinSize { get; set; } = 1024;

    /// <summary>Whether messages to topics that are not subscribed to are signed. Default no.</summary>
    public GossipSignaturePolicy FanoutPolicy { get; set; }

    /// <summary>Names messages to topics that are not subscribed to. Default null, as <see cref="GossipTopicOptions.MessageId"/>.</summary>
    public GossipIdFunction? FanoutMessageId { get; set; }

    /// <summary>
    /// Which topics of peers are kept account of. Default null: all. With it <see cref="Gossipsub.PeersOf"/> and the feed
    /// know only the topics it returns true for. Topics subscribed to should be among them. What it throws is logged, and means no.
    /// </summary>
    public Func<string, bool>? TopicFilter { get; set; }

    /// <summary>
    /// Whether a peer that is pruned is told of up to 16 others of the topic by their signed records (gossipsub-v1.1.md, "Peer
    /// Exchange on Prune"). For nodes that strangers begin with. Default no, as in go.
    /// </summary>
    public bool PeerExchange { get; set; }

    /// <summary>
    /// Whether gossip also runs over connections that a relay lends and soon ends. Default no, as in go and js: such a connection carries
    /// little, and peers that reserve at a relay hear of messages from the relay.
    /// </summary>
    public bool RunsOnLimited { get; set; }

    /// <summary>
    /// Whether this side connects to the peers that a peer with a score of at least 0 tells of when it prunes: only peers that
    /// have earned it should be listened to, or they choose this side's company. Default null: those with a score of at least
    /// <see cref="PeerScoreOptions.AcceptExchangeThreshold"/>. What it throws is logged, and means no.
    /// </summary>
    public Func<PeerId, bool>? AcceptsExchangeOf { get; set; }

    /// <summary>
    /// Peers, by their addresses with <c>/p2p</c>, with which an agreement holds that they name this side too: each is sent every
    /// message that it wants, is in no mesh, always has a place and is dialed again when it is gone (gossipsub-v1.1.md,
    /// "Explicit Peering Agreements"). Default none.
    /// </summary>
    public IList<Multiaddr> DirectPeers { get; } = [];

    /// <summary>Heartbeats between the times that direct peers which are gone are dialed again. Default 300; 1 to 100,000.</summary>
    public int DirectConnectHeartbeats { get; set; } = 300;

    /// <summary>Hears what peers do. Default null: nobody.</summary>
    public IGossipObserver? Observer { get; set; }

    /// <summary>Heartbeats between looks at whether a mesh needs better peers. Default 60; 1 to 3600.</summary>
    public int OpportunisticGraftHeartbeats { get; set; } = 60;

    /// <summary>Better peers added to such a mesh at once. Default 2; 0 to 100.</summary>
    public int OpportunisticGraftPeers { get; set; } = 2;

    /// <summary>How peers are scored, and what a score costs.</summary>
    public PeerScoreOptions Score { get; } = new();

    /// <summary>What peers may take of this side's memory and time.</summary>
    public GossipsubLimits Limits { get; } = new();

    /// <summary>What is wrong, one sentence each; empty when all is well.</summary>
    internal IReadOnlyList<string> Validate()
    {
        var faults = new List<string>();
        RangeFaults.Check(faults, nameof(MeshSize), MeshSize, 0, 100);
        RangeFaults.Check(faults, nameof(MeshLow), MeshLow, 0, MeshSize);
        RangeFaults.Check(faults, nameof(MeshHigh), MeshHigh, MeshSize, 1000);
        RangeFaults.Check(faults, nameof(MeshOutbound), MeshOutbound, 0, Math.Min(MeshSize / 2, Math.Max(MeshLow - 1, 0)));
        RangeFaults.Check(faults, nameof(MeshScore), MeshScore, 0, 100);
        RangeFaults.Check(faults, nameof(OpportunisticGraftHeartbeats), OpportunisticGraftHeartbeats, 1, 3600);
        RangeFaults.Check(faults, nameof(OpportunisticGraftPeers), OpportunisticGraftPeers, 0, 100);
        RangeFaults.Check(faults, nameof(GossipSize), GossipSize, 0, 1000);
        RangeFaults.Check(faults, nameof(HistoryLength), HistoryLength, 1, 100);
        RangeFaults.Check(faults, nameof(HistoryGossip), HistoryGossip, 1, HistoryLength);
        RangeFaults.Check(faults, nameof(IdontwantMinSize), IdontwantMinSize, 0, int.MaxValue);
        RangeFaults.Check(faults, nameof(HeartbeatInterval), HeartbeatInterval, TimeSpan.FromMilliseconds(10), TimeSpan.FromMinutes(1));
        RangeFaults.Check(faults, nameof(HeartbeatDelay), HeartbeatDelay, TimeSpan.Zero, TimeSpan.FromMinutes(1));
        RangeFaults.Check(faults, nameof(SeenTtl), SeenTtl, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1));
        RangeFaults.Check(faults, nameof(FanoutTtl), FanoutTtl, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1));
        RangeFaults.Check(faults, nameof(PruneBackoff), PruneBackoff, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1));
        RangeFaults.Check(faults, nameof(UnsubscribeBackoff), UnsubscribeBackoff, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1));
        RangeFaults.Check(faults, nameof(GraftFloodThreshold), GraftFloodThreshold, TimeSpan.Zero, PruneBackoff);
        RangeFaults.Check(faults, nameof(IwantFollowup), IwantFollowup, TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(1));
        RangeFaults.Check(faults, nameof(ValidationTimeout), ValidationTimeout, TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(10));
        RangeFaults.Check(faults, nameof(StallTimeout), StallTimeout, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(10));
        RangeFaults.Check(faults, nameof(DirectConnectHeartbeats), DirectConnectHeartbeats, 1, 100_000);
        if (DirectPeers.FirstOrDefault(a => a.Peer is null) is { } unnamed)
        {
            faults.Add($"{nameof(DirectPeers)} must end with /p2p and a peer id, but one is {unnamed}.");
        }

        if (GossipFactor is not (>= 0 and <= 1))
        {
            faults.Add($"{nameof(GossipFactor)} must be 0 to 1.");
        }

        faults.AddRange(Score.Validate().Select(f => $"{nameof(Score)}.{f}"));
        faults.AddRange(Limits.Validate().Select(f => $"{nameof(Limits)}.{f}"));
        return faults;
    }
}
