using DChat.Libp2p.Identity;
using DChat.Libp2p.Protocols.Kad.Routing;
using DChat.Libp2p.Tests.Host;

namespace DChat.Libp2p.Tests.Protocols.Kad;

/// <summary>Nodes that began with the first of them and have filled their tables. Disposing it disposes them.</summary>
public sealed class KadNetwork : IAsyncLifetime
{
    public const int Size = 50;

    /// <summary>Over a thousand handshakes, beside other tests.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly TestNetwork _network = new();

    internal List<KadNode> Nodes { get; } = [];

    internal TestNetwork Hosts => _network;

    public async ValueTask InitializeAsync()
    {
        for (var i = 0; i < Size; i++)
        {
            Nodes.Add(await KadNode.StartAsync(_network, $"n{i}", i == 0 ? null : Nodes[0].Host));
        }

        // The first one begins with nobody, and knows somebody when somebody has come.
        await Task.WhenAll(Nodes.Select(n => n.Dht.Ready)).WaitAsync(Patience, TestContext.Current.CancellationToken);
    }

    /// <summary>The true closest of the nodes but one, as a search of all finds them.</summary>
    internal IReadOnlyList<PeerId> Closest(ReadOnlySpan<byte> key, KadNode except, int count = 20)
    {
        var target = KadId.Of(key);
        return [.. Nodes.Where(n => n != except).Select(n => n.Peer).OrderBy(p => KadId.Of(p), Comparer<KadId>.Create(target.CompareDistance)).Take(count)];
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in Nodes)
        {
            await node.DisposeAsync();
        }

        await _network.DisposeAsync();
    }
}
