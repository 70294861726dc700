using DChat.Benchmarks.Backbone;
using DChat.Core.Protocol;
using DChat.Core.Topics;
using DChat.Libp2p.Addresses;
using DChat.Libp2p.Host;
using DChat.Libp2p.Protocols.Gossip;

namespace DChat.Benchmarks.Gateway;

/// <summary>Peers in this process, each connected to one edge and subscribed to every shard. They verify nothing.</summary>
internal sealed class Audience : IAsyncDisposable
{
    /// <summary>Connections opened at once: an edge takes no more than 16 from one address that are not set up yet.</summary>
    private const int MaxDials = 8;

    private readonly string[] _topics;
    private readonly List<(Libp2pHost Host, Gossipsub Gossip)> _peers = [];

    private Audience(int shardBits)
    {
        var network = new NetworkOptions { Network = Corpus.Network, ShardBits = shardBits };
        _topics = [.. Enumerable.Range(0, network.ShardCount).Select(shard => GossipTopics.Of(network, new ShardId((ushort)shard)))];
    }

    /// <summary>Takes each message of each peer: the peer's place, and the envelope. Called by many threads.</summary>
    public Action<int, ReadOnlyMemory<byte>> Received { get; set; } = (_, _) => { };

    public int Count => _peers.Count;

    /// <summary>Connects peers, the first <paramref name="perEdge"/> to the first edge and so on, and waits until all are in all meshes.</summary>
    public static async Task<Audience> JoinAsync(IReadOnlyList<Multiaddr> edges, int perEdge, int shardBits = Corpus.ShardBits)
    {
        var audience = new Audience(shardBits);
        foreach (var chunk in Enumerable.Range(0, edges.Count * perEdge).Chunk(MaxDials))
        {
            audience._peers.AddRange(await Task.WhenAll(chunk.Select(place => audience.StartAsync(place, edges[place / perEdge]))));
        }

        while (audience._peers.Any(peer => audience._topics.Any(topic => peer.Gossip.MeshOf(topic).Count == 0)))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(50));
        }

        return audience;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var (host, gossip) in _peers)
        {
            await gossip.DisposeAsync();
            await host.DisposeAsync();
        }
    }

    private async Task<(Libp2pHost Host, Gossipsub Gossip)> StartAsync(int place, Multiaddr edge)
    {
        var host = new Libp2pHost(new Libp2pOptions());
        var options = new GossipsubOptions();
        options.Limits.MaxTopicsPerPeer = _topics.Length;
        var gossip = new Gossipsub(host, options);
        foreach (var topic in _topics)
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
        return (host, gossip);
    }
}
