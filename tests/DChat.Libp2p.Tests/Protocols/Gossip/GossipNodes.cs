using DChat.Libp2p.Protocols.Gossip;
using DChat.Libp2p.Protocols.Gossip.Scoring;
using DChat.Libp2p.Tests.Host;

namespace DChat.Libp2p.Tests.Protocols.Gossip;

/// <summary>Nodes in one process. Disposing it disposes them.</summary>
internal sealed class GossipNodes : IAsyncDisposable
{
    private readonly List<GossipNode> _nodes = [];
    private int _talks;

    /// <summary>Their hosts, and those of others.</summary>
    public TestNetwork Network { get; } = new();

    public IReadOnlyList<GossipNode> All => _nodes;

    public async Task<GossipNode> StartAsync(string name, Action<GossipsubOptions>? configure = null)
    {
        var node = await GossipNode.StartAsync(Network, name, configure);
        _nodes.Add(node);
        return node;
    }

    /// <summary>Two nodes in each other's mesh; only the first is configured.</summary>
    public async Task<(GossipNode Hub, GossipNode Alice)> StartMeshAsync(Action<GossipsubOptions>? configure = null, TopicScoreOptions? score = null)
    {
        var (hub, alice) = (await StartAsync("hub", configure), await StartAsync("alice"));
        hub.Subscribe(score: score);
        alice.Subscribe(score: score);
        await alice.ConnectAsync(hub);
        await alice.MeshAsync(hub);
        return (hub, alice);
    }

    /// <summary>Asserts that a message still goes each way, at once.</summary>
    public async Task AssertTalkAsync(GossipNode one, GossipNode other)
    {
        _talks++;
        foreach (var (from, to) in new[] { (one, other), (other, one) })
        {
            var text = $"talk {_talks} to {to.Peer}";
            from.Publish(text);
            while (await to.NextTextAsync() != text)
            {
                // What others have said came first.
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes)
        {
            await node.DisposeAsync();
        }

        await Network.DisposeAsync();
    }
}
