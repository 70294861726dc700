using DChat.Libp2p.Identity;
using DChat.Libp2p.Multiformats;

namespace DChat.Libp2p.Tests.Protocols.Kad;

/// <summary>A network of which a third dies.</summary>
[Collection(nameof(KadNetwork))]
public sealed class KadChurnTests(KadNetwork network) : IClassFixture<KadNetwork>
{
    [Fact]
    public async Task Values_and_providers_are_found_when_a_third_of_the_nodes_is_dead()
    {
        byte[][] keys = [.. Enumerable.Range(0, 5).Select(i => KadNode.Key($"{i}"))];
        var content = Multihash.Sha256("content"u8);
        foreach (var key in keys)
        {
            await network.Nodes[1].Dht.PutValueAsync(key, KadNode.Value(1), TestContext.Current.CancellationToken);
        }

        await network.Nodes[1].Dht.ProvideAsync(content, TestContext.Current.CancellationToken);
        await KadNode.UntilAsync(() => network.Nodes.Sum(n => n.Dht.ProviderCount) >= KadNetwork.BucketSize);

        var dead = network.Nodes.Where((_, i) => i % 3 == 0).ToArray();
        foreach (var node in dead)
        {
            await node.DisposeAsync();
            await node.Host.DisposeAsync();
        }

        var gone = dead.Select(n => n.Peer).ToHashSet();
        foreach (var node in new[] { network.Nodes[2], network.Nodes[16], network.Nodes[23] })
        {
            foreach (var key in keys)
            {
                Assert.Equal("1:text", KadNode.Text(await node.Dht.GetValueAsync(key, cancellationToken: TestContext.Current.CancellationToken)));
                var found = await node.Dht.GetClosestPeersAsync(key, TestContext.Current.CancellationToken);
                IReadOnlyList<PeerId> living = [.. network.Closest(key, node).Where(p => !gone.Contains(p))];

                // Tables name the dead until they are refreshed, and k in all: of those who live among them none is missing.
                Assert.Equal(living, found.Select(p => p.Peer).Take(living.Count));
                Assert.All(found, p => Assert.DoesNotContain(p.Peer, gone));
            }

            Assert.Equal(network.Nodes[1].Peer, Assert.Single(await KadNetworkTests.FindAsync(node, content)).Peer);
        }
    }
}
