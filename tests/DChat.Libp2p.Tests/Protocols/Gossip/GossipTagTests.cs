using DChat.Libp2p.Protocols.Gossip;
using DChat.Libp2p.Tests.Host;
using Microsoft.Extensions.Time.Testing;

namespace DChat.Libp2p.Tests.Protocols.Gossip;

/// <summary>Peers of meshes at the connection manager.</summary>
public sealed class GossipTagTests
{
    [Fact]
    public async Task A_host_with_many_connections_closes_idle_ones_and_keeps_the_peers_of_its_mesh()
    {
        await using var network = new TestNetwork();
        var host = await network.StartAsync(
            "hub", o => (o.Trimming.HighWater, o.Trimming.LowWater, o.Trimming.Grace, o.Trimming.TrimInterval) = (4, 2, TimeSpan.Zero, TimeSpan.Zero));
        var time = new FakeTimeProvider();
        await using var hub = new GossipNode(host, new Gossipsub(host, new GossipsubOptions(), time), time);
        await hub.Gossip.StartAsync(TestContext.Current.CancellationToken);
        hub.Subscribe();
        GossipNode[] mesh = [await GossipNode.StartAsync(network, "one"), await GossipNode.StartAsync(network, "two")];
        foreach (var peer in mesh)
        {
            peer.Subscribe();
            await peer.ConnectAsync(hub);
            await peer.MeshAsync(hub);
            Assert.Equal(MeshTags.Value, host.ConnectionManager.ValueOf(peer.Peer));
        }

        var idle = await Task.WhenAll(network.StartAsync("idle one"), network.StartAsync("idle two"));
        foreach (var peer in idle)
        {
            await peer.ConnectAsync(host.Address(), TestContext.Current.CancellationToken);
        }

        await GossipNode.UntilAsync(() => idle.All(peer => peer.Connections.Count == 0) && host.Connections.Count == 2);
        Assert.Equal(mesh.Select(p => p.Peer).Order(), host.Connections.Select(c => c.RemotePeer).Order());

        // Who is in no mesh any more is worth no more than others.
        hub.Gossip.Unsubscribe(GossipNode.Topic);
        Assert.All(mesh, peer => Assert.Equal(0, host.ConnectionManager.ValueOf(peer.Peer)));
        foreach (var peer in mesh)
        {
            await peer.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_peer_is_tagged_once_for_all_its_meshes_and_until_the_last()
    {
        await using var network = new TestNetwork();
        await using var alice = await GossipNode.StartAsync(network, "alice");
        await using var bob = await GossipNode.StartAsync(network, "bob");
        foreach (var topic in (string[])["t", "u"])
        {
            alice.Subscribe(topic);
            bob.Subscribe(topic);
        }

        await alice.ConnectAsync(bob);
        await alice.MeshAsync(bob, "t");
        await alice.MeshAsync(bob, "u");
        Assert.Equal(MeshTags.Value, alice.Host.ConnectionManager.ValueOf(bob.Peer));
        var described = Assert.Single(alice.Gossip.DescribePeers());
        Assert.Equal((bob.Peer, 0d, false, false), (described.Peer, described.Score, described.IsGraylisted, described.IsDirect));
        Assert.Equal(["t", "u"], described.MeshTopics.Order());

        alice.Gossip.Unsubscribe("t");
        Assert.Equal(MeshTags.Value, alice.Host.ConnectionManager.ValueOf(bob.Peer));
        alice.Gossip.Unsubscribe("u");
        Assert.Equal(0, alice.Host.ConnectionManager.ValueOf(bob.Peer));
        Assert.Empty(Assert.Single(alice.Gossip.DescribePeers()).MeshTopics);
    }

    [Fact]
    public async Task A_direct_peer_is_never_closed_for_others_while_gossip_runs()
    {
        await using var network = new TestNetwork();
        var hub = await network.StartAsync("hub");
        var alice = await GossipNode.StartAsync(network, "alice", o => o.DirectPeers.Add(hub.Address()));
        Assert.True(alice.Host.ConnectionManager.IsProtected(hub.LocalPeer));
        await alice.DisposeAsync();
        Assert.False(alice.Host.ConnectionManager.IsProtected(hub.LocalPeer));
    }
}
