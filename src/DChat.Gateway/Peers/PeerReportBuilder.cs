using DChat.Abstractions.Messages;
using DChat.Core.Protocol;
using DChat.Core.Topics;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Swarm;

namespace DChat.Gateway.Peers;

/// <summary>Turns what the gateway sees of its peers into a report of bounded size.</summary>
/// <param name="network">The network, whose shards peers want.</param>
/// <param name="agentOf">What a peer calls itself; null before it said.</param>
/// <param name="peersOf">The peers that want a gossip topic, connected or not.</param>
internal sealed class PeerReportBuilder(
    NetworkOptions network, Func<PeerId, string?> agentOf, Func<string, IReadOnlyList<PeerId>> peersOf)
{
    /// <summary>The report of a gateway at a time.</summary>
    /// <param name="gateway">Describes the gateway, given how many peers it has.</param>
    /// <param name="at">When the connections were looked at.</param>
    /// <param name="connections">Its connections; several may be with one peer, of which the oldest is described.</param>
    public PeerSetReport Build(Func<int, GatewayDescription> gateway, DateTimeOffset at, IEnumerable<ConnectedPeer> connections)
    {
        var peers = connections.GroupBy(connection => connection.Peer)
            .Select(ofPeer => ofPeer.MinBy(connection => connection.OpenedAt)!)
            .OrderBy(connection => connection.OpenedAt).ThenBy(connection => connection.Peer)
            .ToArray();
        var described = peers.Take(PeerSetReport.MaxPeers).ToArray();
        var shards = ShardsOf(described);
        return new PeerSetReport(
            gateway(peers.Length), at, peers.Length, Array.ConvertAll(described, peer => Describe(peer, new ShardSet(shards[peer.Peer]))));
    }

    private Dictionary<PeerId, List<ShardId>> ShardsOf(ConnectedPeer[] peers)
    {
        var shards = peers.ToDictionary(peer => peer.Peer, _ => new List<ShardId>());
        for (var number = 0; number < network.ShardCount; number++)
        {
            var shard = new ShardId((ushort)number);
            foreach (var peer in peersOf(GossipTopics.Of(network, shard)))
            {
                if (shards.TryGetValue(peer, out var wanted))
                {
                    wanted.Add(shard);
                }
            }
        }

        return shards;
    }

    private PeerDescription Describe(ConnectedPeer peer, ShardSet shards) => new(
        peer.Peer.ToString(),
        peer.Address.ToString(),
        peer.Direction == Direction.Outbound ? PeerDirection.Outbound : PeerDirection.Inbound,
        AgentText.Clean(agentOf(peer.Peer)),
        peer.OpenedAt,
        peer.RoundTrip?.TotalMilliseconds,
        shards);
}
