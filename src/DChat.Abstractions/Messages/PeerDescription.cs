using DChat.Core.Topics;

namespace DChat.Abstractions.Messages;

/// <summary>A peer connected to a gateway.</summary>
[GenerateSerializer, Immutable, Alias("dchat.PeerDescription")]
public sealed class PeerDescription(
    string peerId,
    string remoteAddress,
    PeerDirection direction,
    string? agentVersion,
    DateTimeOffset connectedSince,
    double? roundTripMilliseconds,
    ShardSet shards,
    double? gossipScore = null,
    ShardSet? meshShards = null,
    bool isGraylisted = false)
{
    /// <summary>The most characters (UTF-16 units) of <see cref="AgentVersion"/>.</summary>
    public const int MaxAgentVersionLength = 128;

    /// <summary>Its libp2p PeerId as text.</summary>
    [Id(0)]
    public string PeerId { get; } = peerId;

    /// <summary>The multiaddr the gateway sees it at.</summary>
    [Id(1)]
    public string RemoteAddress { get; } = remoteAddress;

    /// <summary>Who dialed.</summary>
    [Id(2)]
    public PeerDirection Direction { get; } = direction;

    /// <summary>
    /// The software it says it is, such as <c>js-libp2p/3.3.11</c>: the peer's own text, without control characters, at
    /// most <see cref="MaxAgentVersionLength"/> long. Null before it said.
    /// </summary>
    [Id(3)]
    public string? AgentVersion { get; } = agentVersion;

    /// <summary>When the connection was ready; of several to the peer, the oldest.</summary>
    [Id(4)]
    public DateTimeOffset ConnectedSince { get; } = connectedSince;

    /// <summary>The round trip in milliseconds, as measured when it last changed notably; null before the first answer.</summary>
    [Id(5)]
    public double? RoundTripMilliseconds { get; } = roundTripMilliseconds;

    /// <summary>The shards whose messages it wants by gossip.</summary>
    [Id(6)]
    public ShardSet Shards { get; } = shards;

    /// <summary>
    /// Its gossip score as it was when it last changed notably: 0 for nothing, negative for forgeries and broken rules. Null when it
    /// does not gossip, or when a gateway of an older version reports.
    /// </summary>
    [Id(7)]
    public double? GossipScore { get; } = gossipScore;

    /// <summary>The shards in whose mesh it is: full messages go both ways. Null when an older gateway reports.</summary>
    [Id(8)]
    public ShardSet? MeshShards { get; } = meshShards;

    /// <summary>Whether the gateway reads nothing of it by gossip, because its score is too low.</summary>
    [Id(9)]
    public bool IsGraylisted { get; } = isGraylisted;
}
