using DChat.Libp2p.Protocols.Gossip;
using DChat.Testing.Simulation;

namespace DChat.Libp2p.Tests.Protocols.Gossip;

/// <summary>
/// What holds in any network. DCHAT_SIM_RUNS says how many are tried; a failure names its seed, and DCHAT_SIM_SEED repeats it.
/// </summary>
public sealed class SimulationTests
{
    private const int Networks = 20;

    [Fact]
    public void Without_loss_every_message_reaches_every_node_by_the_mesh_alone() => Simulations.ForEachSeed(Networks, simulator =>
    {
        var nodes = 10 + simulator.Random.Next(21);
        var network = new GossipNetwork(simulator, nodes, degree: 8, loss: 0, new GossipsubOptions { FloodPublish = false });
        simulator.Run(TimeSpan.FromSeconds(10));
        var ids = Enumerable.Range(0, nodes).Select(n => network.Publish(n, n)).ToHashSet();
        simulator.Run(TimeSpan.FromSeconds(5));
        AssertDelivered(network, ids);
    });

    [Fact]
    public void What_is_lost_on_the_way_is_recovered_by_gossip() => Simulations.ForEachSeed(Networks, simulator =>
    {
        var network = new GossipNetwork(simulator, nodes: 20, degree: 14, loss: 0.2, new GossipsubOptions { FloodPublish = false });
        simulator.Run(TimeSpan.FromSeconds(10));
        var ids = Enumerable.Range(0, 40).Select(n => network.Publish(n % 20, n)).ToHashSet();
        simulator.Run(TimeSpan.FromSeconds(20));
        AssertDelivered(network, ids);
    });

    [Fact]
    public void Without_any_mesh_gossip_delivers() => Simulations.ForEachSeed(Networks, simulator =>
    {
        var options = new GossipsubOptions { FloodPublish = false, MeshSize = 0, MeshLow = 0, MeshHigh = 0, MeshOutbound = 0 };
        var network = new GossipNetwork(simulator, nodes: 15, degree: 8, loss: 0, options);
        simulator.Run(TimeSpan.FromSeconds(3));
        var ids = Enumerable.Range(0, 15).Select(n => network.Publish(n, n)).ToHashSet();
        simulator.Run(TimeSpan.FromSeconds(30));
        AssertDelivered(network, ids);
        Assert.All(network.Routers, r => Assert.Empty(r.MeshOf(GossipNetwork.Topic)));
    });

    [Fact]
    public void Meshes_settle_within_their_bounds_and_both_sides_agree() => Simulations.ForEachSeed(Networks, simulator =>
    {
        var options = new GossipsubOptions();
        var nodes = 8 + simulator.Random.Next(43);
        var network = new GossipNetwork(simulator, nodes, degree: 20, loss: 0, options);
        simulator.Run(TimeSpan.FromSeconds(200));
        for (var n = 0; n < nodes; n++)
        {
            var mesh = network.MeshOf(n);
            Assert.InRange(mesh.Count, Math.Min(options.MeshLow, network.NeighboursOf(n)), options.MeshHigh);
            Assert.All(mesh, other => Assert.Contains(n, network.MeshOf(other)));
        }
    });

    [Fact]
    public void Nothing_is_kept_longer_than_it_is_needed() => Simulations.ForEachSeed(Networks, simulator =>
    {
        var options = new GossipsubOptions();
        var network = new GossipNetwork(simulator, nodes: 12, degree: 10, loss: 0.3, options);
        for (var n = 0; n < 200; n++)
        {
            network.Publish(n % 12, n);
            simulator.Run(TimeSpan.FromMilliseconds(50));
        }

        Assert.All(network.Routers, r => Assert.InRange(r.SeenCount, 1, 200));
        simulator.Run(options.SeenTtl + options.PruneBackoff + TimeSpan.FromSeconds(30));
        Assert.All(network.Routers, r => Assert.Equal(
            (0, 0, 0L, 0, 0L, 0, 0), (r.SeenCount, r.CachedCount, r.CachedBytes, r.PendingCount, r.PendingBytes, r.PromiseCount, r.BackoffCount)));
    });

    private static void AssertDelivered(GossipNetwork network, HashSet<GossipMessageId> ids)
    {
        for (var n = 0; n < network.Routers.Count; n++)
        {
            // Its own are the only ones a node is not given.
            var own = network.Routers[n].Counters.Published;
            Assert.True(network.Delivered(n).Count == ids.Count - own, $"Node {n} has {network.Delivered(n).Count} of {ids.Count - own}.");
            Assert.Subset(ids, network.Delivered(n).ToHashSet());
        }
    }
}
