using DChat.Benchmarks.Backbone;
using DChat.Core.Protocol;
using DChat.Core.Topics;
using DChat.Libp2p.Addresses;
using DChat.Libp2p.Host;
using DChat.Libp2p.Protocols.Gossipsub;

namespace DChat.Benchmarks.Gateway;

/// <summary>
/// Peers in this process, each connected to one edge and subscribed to every shard, or to as many as a peer may be. They verify
/// nothing.
/// </summary>
internal sealed class Audience : IAsyncDisposable
{
    /// <summary>Connections opened at once: an edge takes no more than 16 from one address that are not set up yet.</summary>
    private const int MaxDials = 8;

    /// <summary>Topics that an edge takes note of, of one peer.</summary>
    private const int MaxTopics = 128;

    private readonly NetworkOptions _network;
    private readonly List<(Libp2pHost Host, Gossipsub Gossip, string[] Topics)> _peers = [];

    private Audience(int shardBits) => _network = new NetworkOptions { Network = Corpus.Network, ShardBits = shardBits };

    /// <summary>Takes each message of each peer: the peer's place, and the envelope. Called by many threads.</summary>
    public Action<int, ReadOnlyMemory<byte>> Received { get; set; } = (_, _) => { };

    public int Count => _peers.Count;

    /// <summary>How many peers it takes to want every shard.</summary>
    public static int PeersForAll(int shardBits) => Math.Max(1, (1 << shardBits) / MaxTopics);

    /// <summary>Connects peers, the first <paramref name="perEdge"/> to the first edge and so on, and waits until all are in all meshes.</summary>
    public static async Task<Audience> JoinAsync(IReadOnlyList<Multiaddr> edges, int perEdge, int shardBits = Corpus.ShardBits)
    {
        var audience = new Audience(shardBits);
        foreach (var chunk in Enumerable.Range(0, edges.Count * perEdge).Chunk(MaxDials))
        {
            audience._peers.AddRange(await Task.WhenAll(chunk.Select(place => audience.StartAsync(place, edges[place / perEdge]))));
        }

        while (audience._peers.Any(peer => peer.Topics.Any(topic => peer.Gossip.MeshOf(topic).Count == 0)))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(50));
        }

        return audience;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var (host, gossip, _) in _peers)
        {
            await gossip.DisposeAsync();
            await host.DisposeAsync();
        }
    }

    private string[] TopicsOf(int place)
    {
        var count = Math.Min(MaxTopics, _network.ShardCount);
        var first = place * count % _network.ShardCount;
        return [.. Enumerable.Range(first, count).Select(shard => GossipTopics.Of(_network, new ShardId((ushort)shard)))];
    }

    private async Task<(Libp2pHost Host, Gossipsub Gossip, string[] Topics)> StartAsync(int place, Multiaddr edge)
    {
        var host = new Libp2pHost(new Libp2pOptions());
        var gossip = new Gossipsub(host, new GossipsubOptions());
        var topics = TopicsOf(place);
        foreach (var topic in topics)
        {
            gossip.Subscribe(topic, new GossipTopicOptions
            {
                Validator = (message, _) =>
                {
                    Received(place, message.Data);
                    return ValueTask.FromResult(GossipVerdict.Accept);
                },
            });
        }

        await gossip.StartAsync();
        await host.ConnectAsync(edge);
        return (host, gossip, topics);
    }
}
