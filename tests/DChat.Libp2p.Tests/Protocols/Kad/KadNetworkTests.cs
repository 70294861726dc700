using System.Text;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Multiformats;
using DChat.Libp2p.Protocols.Kad;
using DChat.Libp2p.Protocols.Kad.Wire;
using DChat.Libp2p.Tests.Host;

namespace DChat.Libp2p.Tests.Protocols.Kad;

/// <summary>A network in one process.</summary>
[Collection(nameof(KadNetwork))]
public sealed class KadNetworkTests(KadNetwork network) : IClassFixture<KadNetwork>
{
    [Fact]
    public async Task A_lookup_finds_the_true_closest_and_asks_hardly_more_than_those()
    {
        for (var i = 0; i < 10; i++)
        {
            var node = network.Nodes[(7 * i) % KadNetwork.Size];
            var key = Encoding.UTF8.GetBytes($"key {i}");
            var before = node.Sent;
            var found = await node.Dht.GetClosestPeersAsync(key, TestContext.Current.CancellationToken);
            Assert.Equal(network.Closest(key, node), found.Select(p => p.Peer));
            Assert.All(found, p => Assert.NotEmpty(p.Addresses));

            // k, and what the second path and the concurrency ask in vain.
            Assert.InRange(node.Sent - before, KadNetwork.BucketSize, KadNetwork.BucketSize + 10);
        }
    }

    [Fact]
    public async Task A_value_that_one_puts_all_can_get()
    {
        var key = KadNode.Key("all");
        var stored = await network.Nodes[3].Dht.PutValueAsync(key, KadNode.Value(1), TestContext.Current.CancellationToken);
        Assert.Equal(network.Closest(key, network.Nodes[3]).ToHashSet(), stored.ToHashSet());
        foreach (var node in network.Nodes.Where((_, i) => i % 7 == 5))
        {
            Assert.Equal("1:text", KadNode.Text(await node.Dht.GetValueAsync(key, cancellationToken: TestContext.Current.CancellationToken)));
        }
    }

    [Fact]
    public async Task With_a_quorum_fewer_are_asked()
    {
        var key = KadNode.Key("quorum");
        await network.Nodes[3].Dht.PutValueAsync(key, KadNode.Value(1), TestContext.Current.CancellationToken);
        var node = network.Nodes.First(n => network.Closest(key, network.Nodes[3]).All(p => !p.Equals(n.Peer)));
        var before = node.Dht.Counters.Sent((int)KadMessageType.GetValue);
        Assert.NotNull(await node.Dht.GetValueAsync(key, quorum: 2, TestContext.Current.CancellationToken));
        Assert.InRange(node.Dht.Counters.Sent((int)KadMessageType.GetValue) - before, 2, KadNetwork.BucketSize - 1);
    }

    [Fact]
    public async Task Stale_holders_and_those_that_have_nothing_are_corrected()
    {
        var key = KadNode.Key("stale");
        await network.Nodes[4].Dht.PutValueAsync(key, KadNode.Value(1), TestContext.Current.CancellationToken);

        // One alone hears of the better value.
        var closest = network.Closest(key, network.Nodes[5]);
        var request = new KadMessage(KadMessageType.PutValue) { Key = key, Record = new KadRecord(key, KadNode.Value(2)) };
        Assert.NotNull(await AskAsync(network.Nodes[5], closest[7], request));

        var values = new List<string?>();
        await foreach (var value in network.Nodes[5].Dht.SearchValueAsync(key, cancellationToken: TestContext.Current.CancellationToken))
        {
            values.Add(KadNode.Text(value));
        }

        Assert.Equal("2:text", values[^1]);
        var holders = network.Nodes.Where(n => closest.Contains(n.Peer)).ToArray();
        await KadNode.UntilAsync(() => holders.All(n => KadNode.Text(n.Dht.Kept(key)?.Value) == "2:text"));
    }

    [Fact]
    public async Task A_value_that_nobody_has_is_null()
    {
        Assert.Null(await network.Nodes[6].Dht.GetValueAsync(KadNode.Key("nobody"), cancellationToken: TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Providers_are_found_by_all_and_each_once()
    {
        var key = Multihash.Sha256("content"u8);
        var providers = network.Nodes.Take(3).ToArray();
        foreach (var provider in providers)
        {
            Assert.Equal(KadNetwork.BucketSize, await provider.Dht.ProvideAsync(key, TestContext.Current.CancellationToken));
        }

        await KadNode.UntilAsync(() => network.Nodes.Sum(n => n.Dht.ProviderCount) >= 3 * KadNetwork.BucketSize);
        var found = await FindAsync(network.Nodes[18], key);
        Assert.Equal(providers.Select(p => p.Peer).ToHashSet(), found.Select(p => p.Peer).ToHashSet());
        Assert.Equal(3, found.Count);
        Assert.All(found, p => Assert.NotEmpty(p.Addresses));
        Assert.Single(await FindAsync(network.Nodes[19], key, count: 1));
    }

    [Fact]
    public async Task A_peer_is_found_and_connected_to_though_it_does_not_serve()
    {
        await using var client = await KadNode.StartAsync(network.Hosts, "client", network.Nodes[9].Host, o => o.Mode = KademliaMode.Client, network.Time);
        await client.Dht.Ready.WaitAsync(TestNetwork.Patience, TestContext.Current.CancellationToken);
        Assert.DoesNotContain(client.Dht.Protocol, client.Host.Protocols);
        Assert.NotEmpty(client.Dht.RoutingTable);

        var found = await network.Nodes[20].Dht.FindPeerAsync(client.Peer, TestContext.Current.CancellationToken);
        Assert.Equal(client.Peer, found!.Peer);
        Assert.NotEmpty(network.Nodes[20].Host.ConnectionsTo(client.Peer));
        Assert.All(network.Nodes, n => Assert.DoesNotContain(n.Dht.RoutingTable, p => p.Peer.Equals(client.Peer)));
    }

    [Fact]
    public async Task A_peer_that_does_not_exist_is_not_found()
    {
        Assert.Null(await network.Nodes[8].Dht.FindPeerAsync(TestHosts.SomePeer(), TestContext.Current.CancellationToken));
    }

    internal static async Task<List<KademliaPeer>> FindAsync(KadNode node, byte[] key, int count = 20)
    {
        var found = new List<KademliaPeer>();
        await foreach (var provider in node.Dht.FindProvidersAsync(key, count, TestContext.Current.CancellationToken))
        {
            found.Add(provider);
        }

        return found;
    }

    private static Task<KadAnswer?> AskAsync(KadNode from, PeerId peer, KadMessage request) =>
        from.Dht.Client.AskAsync(peer, request, TestContext.Current.CancellationToken);
}
