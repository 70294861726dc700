using DChat.Libp2p.Host;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Peers;
using DChat.Libp2p.Swarm;
using DChat.Libp2p.Tests.Host;
using Microsoft.Extensions.Time.Testing;

namespace DChat.Libp2p.Tests.Swarm;

public sealed class ConnectionManagerTests
{
    private static readonly PeerId Peer = TestHosts.SomePeer();

    [Fact]
    public void A_peer_is_worth_the_sum_of_its_tags()
    {
        var manager = new ConnectionManager(new ConnectionManagerOptions());
        Assert.Equal(0, manager.ValueOf(Peer));
        Assert.True(manager.SetTag(Peer, "a", 5));
        Assert.True(manager.SetTag(Peer, "b", int.MaxValue));
        Assert.True(manager.SetTag(Peer, "a", 7));
        Assert.Equal(7L + int.MaxValue, manager.ValueOf(Peer));
        Assert.True(manager.RemoveTag(Peer, "b"));
        Assert.False(manager.RemoveTag(Peer, "b"));
        Assert.True(manager.RemoveTag(Peer, "a"));
        Assert.Equal(0, manager.ValueOf(Peer));
    }

    [Fact]
    public void A_peer_is_protected_until_every_tag_that_protects_it_is_gone()
    {
        var manager = new ConnectionManager(new ConnectionManagerOptions());
        Assert.False(manager.Unprotect(Peer, "a"));
        manager.Protect(Peer, "a");
        manager.Protect(Peer, "b");
        Assert.True(manager.Unprotect(Peer, "a"));
        Assert.True(manager.IsProtected(Peer));
        Assert.False(manager.Unprotect(Peer, "b"));
        Assert.False(manager.IsProtected(Peer));
    }

    [Fact]
    public void Peers_remembered_stop_at_their_limit()
    {
        var manager = new ConnectionManager(new ConnectionManagerOptions());
        for (var i = 0; i < ConnectionManager.MaxPeers; i++)
        {
            var peer = PeerId.FromBytes([0x12, 0x20, .. BitConverter.GetBytes(i), .. new byte[28]]);
            Assert.True(manager.SetTag(peer, "t", 1) && manager.Protect(peer, "t"));
        }

        Assert.False(manager.SetTag(Peer, "t", 1));
        Assert.False(manager.Protect(Peer, "t"));
        manager.RemoveTag(PeerId.FromBytes([0x12, 0x20, .. new byte[32]]), "t");
        Assert.True(manager.SetTag(Peer, "t", 1));
    }

    [Fact]
    public async Task At_high_water_the_least_valued_go_down_to_low_water_and_neither_protected_nor_new_ones()
    {
        await using var network = new TestNetwork();
        using var meters = new Meters();
        var time = new FakeTimeProvider();
        var hub = await network.StartAsync("hub", o => (o.Trimming.HighWater, o.Trimming.LowWater) = (6, 3), time, meters);
        using var events = hub.Subscribe();
        var peers = new List<Libp2pHost>();
        for (var i = 0; i < 5; i++)
        {
            peers.Add(await network.StartAsync($"peer{i}"));
            await peers[i].ConnectAndIdentifyAsync(hub);
            hub.ConnectionManager.SetTag(peers[i].LocalPeer, "test", 10 * i);
        }

        hub.ConnectionManager.Protect(peers[0].LocalPeer, "test");
        hub.ConnectionManager.SetTag(peers[4].LocalPeer, "test", -1);
        time.Advance(new ConnectionManagerOptions().Grace);
        Assert.Equal(5, hub.Connections.Count);
        var last = await network.StartAsync("last");
        await last.ConnectAndIdentifyAsync(hub);

        await meters.ReachesAsync("connections.evicted/trim", 3);
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(CloseReason.Evicted, (await events.NextAsync<PeerEvent.ConnectionClosed>()).Reason);
        }

        Assert.Equal(
            new[] { peers[0], peers[3], last }.Select(h => h.LocalPeer).ToHashSet(), hub.Connections.Select(c => c.RemotePeer).ToHashSet());
    }

    [Theory]
    [InlineData(-3)]
    [InlineData(3)]
    public async Task A_wall_clock_that_is_set_neither_stops_trimming_nor_trims_new_connections(int hours)
    {
        await using var network = new TestNetwork();
        var time = new SteppedTime();
        var options = new ConnectionManagerOptions { HighWater = 3, LowWater = 1 };
        var manager = new ConnectionManager(options, time);
        var hub = await network.StartAsync("hub", o => (o.ConnectionManager, o.Trimming.HighWater) = (manager, 1000), time);
        for (var i = 0; i < 3; i++)
        {
            await (await network.StartAsync($"peer{i}")).ConnectAndIdentifyAsync(hub);
        }

        var all = hub.Connections;
        time.Step = TimeSpan.FromHours(hours);
        Assert.Empty(manager.Trim(all));
        time.Advance(options.Grace);
        Assert.Equal(2, manager.Trim(all).Count);
        time.Step = -time.Step;
        Assert.Empty(manager.Trim(all));
        time.Advance(options.TrimInterval);
        Assert.Equal(2, manager.Trim(all).Count);
    }

    [Fact]
    public async Task What_gives_way_at_a_limit_is_the_least_valued_and_never_a_protected_one()
    {
        await using var network = new TestNetwork();
        using var meters = new Meters();
        var hub = await network.StartAsync("hub", o => o.Connections.MaxInbound = 2, meters: meters);
        var peers = new List<Libp2pHost>();
        for (var i = 0; i < 4; i++)
        {
            peers.Add(await network.StartAsync($"peer{i}"));
        }

        await peers[0].ConnectAndIdentifyAsync(hub);
        hub.ConnectionManager.SetTag(peers[0].LocalPeer, "test", 1);
        await peers[1].ConnectAndIdentifyAsync(hub);
        await peers[2].ConnectAndIdentifyAsync(hub);
        Assert.NotEmpty(hub.ConnectionsTo(peers[0].LocalPeer));

        hub.ConnectionManager.Protect(peers[0].LocalPeer, "test");
        hub.ConnectionManager.Protect(peers[2].LocalPeer, "test");
        await Assert.ThrowsAsync<Libp2pException>(() => peers[3].ConnectAsync(hub.Address(), TestContext.Current.CancellationToken));
        await meters.RefusedAsync(Libp2pErrorCodes.LimitReached);
        Assert.Equal(1, meters["connections.evicted/limit"]);
    }

    [Fact]
    public void Options_out_of_range_are_refused_by_name()
    {
        var options = new ConnectionManagerOptions { HighWater = 1, LowWater = 2, Grace = TimeSpan.FromTicks(-1) };
        var fault = Assert.Throws<ArgumentException>(() => new ConnectionManager(options));
        Assert.Contains("HighWater must be at least LowWater.", fault.Message, StringComparison.Ordinal);
        Assert.Contains("Grace must be at least zero.", fault.Message, StringComparison.Ordinal);
        var host = new Libp2pOptions();
        host.Trimming.LowWater = -1;
        Assert.Contains("Trimming.LowWater must be at least 0.", Assert.Throws<ArgumentException>(() => new Libp2pHost(host)).Message, StringComparison.Ordinal);
    }
}
