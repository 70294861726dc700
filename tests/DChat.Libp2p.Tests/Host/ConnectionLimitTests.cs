using DChat.Libp2p.Addresses;
using DChat.Libp2p.Host;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Peers;
using DChat.Libp2p.Swarm;

namespace DChat.Libp2p.Tests.Host;

public sealed class ConnectionLimitTests
{
    [Fact]
    public async Task Inbound_connections_stop_at_their_limit_and_outbound_go_on_to_the_total()
    {
        await using var network = new TestNetwork();
        using var meters = new Meters();
        var hub = await network.StartAsync("hub", o => (o.Connections.MaxInbound, o.Connections.MaxConnections) = (2, 3), meters: meters);
        var others = await StartManyAsync(network, 8);
        await others[0].ConnectAndIdentifyAsync(hub);
        await others[1].ConnectAndIdentifyAsync(hub);
        Assert.Equal(0, meters["connections.evicted/limit"]);

        // One more inbound takes the place of another.
        await others[2].ConnectAndIdentifyAsync(hub);
        Assert.Equal(1, meters["connections.evicted/limit"]);
        await hub.ConnectAsync(others[3].Address(), TestContext.Current.CancellationToken);
        Assert.Equal(1, meters["connections.evicted/limit"]);

        // What this side opens takes the places of inbound ones, and nothing takes its own.
        await hub.ConnectAsync(others[4].Address(), TestContext.Current.CancellationToken);
        await hub.ConnectAsync(others[5].Address(), TestContext.Current.CancellationToken);
        await meters.ReachesAsync("connections.evicted/limit", 3);
        var fault = await Assert.ThrowsAsync<Libp2pException>(() => hub.ConnectAsync(others[6].Address(), TestContext.Current.CancellationToken));
        Assert.Equal(Libp2pErrorCodes.LimitReached, fault.Code);
        await RefusedAsync(others[7].ConnectAsync(hub.Address(), TestContext.Current.CancellationToken));
        await meters.RefusedAsync(Libp2pErrorCodes.LimitReached);
        await AllAsync(() => hub.Connections.Count == 3);
        Assert.All(hub.Connections, c => Assert.Equal(Direction.Outbound, c.Direction));
    }

    [Fact]
    public async Task A_connection_being_accepted_takes_no_place_of_those_that_are_open()
    {
        await using var network = new TestNetwork();
        var hub = await network.StartAsync("hub", o => (o.Connections.MaxInbound, o.Connections.MaxConnections) = (1, 1));
        var other = (await StartManyAsync(network, 1))[0];
        await using var pending = await network.Transport.DialAsync(hub.ListenAddresses[0], TestContext.Current.CancellationToken);
        await AllAsync(() => hub.PendingInbound == 1);
        await hub.ConnectAsync(other.Address(), TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task A_place_is_free_again_when_a_connection_ends()
    {
        await using var network = new TestNetwork();
        var hub = await network.StartAsync("hub", o => o.Connections.MaxInbound = 1);
        var others = await StartManyAsync(network, 2);
        for (var i = 0; i < 3; i++)
        {
            using var events = hub.Subscribe();
            await others[i % 2].ConnectAsync(hub.Address(), TestContext.Current.CancellationToken);
            await events.NextAsync<PeerEvent.ConnectionOpened>();
            await others[i % 2].DisconnectAsync(hub.LocalPeer);
            await events.NextAsync<PeerEvent.ConnectionClosed>();
        }
    }

    [Fact]
    public async Task Connections_of_one_peer_stop_at_their_limit()
    {
        await using var network = new TestNetwork();
        using var key = PrivateKey.Generate();
        using var meters = new Meters();
        var hub = await network.StartAsync("hub", o => o.Connections.MaxPerPeer = 2, meters: meters);
        using var events = hub.Subscribe();
        for (var i = 0; i < 3; i++)
        {
            // The same peer thrice, as after a crash it did not tell of.
            var twin = await network.StartAsync($"twin{i}", o => o.Identity = key);
            var connect = twin.ConnectAsync(hub.Address(), TestContext.Current.CancellationToken);
            if (i < 2)
            {
                await events.NextAsync<PeerEvent.ConnectionOpened>();
            }

            await connect;
        }

        await meters.RefusedAsync(Libp2pErrorCodes.LimitReached);
        Assert.Equal(2, hub.ConnectionsTo(key.Peer).Count);
    }

    [Fact]
    public async Task Only_so_many_addresses_of_a_peer_are_tried()
    {
        await using var network = new TestNetwork();
        var alice = await network.StartAsync("alice", o => o.Connections.MaxAddressesPerDial = 3);
        var addresses = Enumerable.Range(0, 10).Select(i => Multiaddr.Parse($"/memory/nobody{i}"));
        var fault = await Assert.ThrowsAsync<Libp2pException>(() => alice.ConnectAsync(TestHosts.SomePeer(), addresses, TestContext.Current.CancellationToken));
        Assert.Equal(3, Assert.IsType<AggregateException>(fault.InnerException).InnerExceptions.Count);
    }

    [Fact]
    public void Addresses_are_tried_nearest_first()
    {
        string[] given = ["/dns/example.com/tcp/1", "/ip4/8.8.8.8/tcp/1", "/ip6/2606:4700::1/tcp/1", "/ip4/192.168.1.1/tcp/1", "/ip6/fe80::1/tcp/1", "/ip4/127.0.0.1/tcp/1", "/ip4/8.8.8.8/tcp/1"];
        var ranked = AddressRanking.Rank(given.Select(Multiaddr.Parse));
        Assert.Equal([given[5], given[3], given[4], given[1], given[2], given[0]], ranked.Select(a => a.ToString()));
    }

    [Fact]
    public void Addresses_through_a_relay_are_tried_after_all_others()
    {
        const string Relay = "tcp/1/p2p/12D3KooWBtg3aaRMjxwedh83aGiUkwSxDwUZkzuJcfaqUmo7R3pq/p2p-circuit";
        string[] given = [$"/ip4/127.0.0.1/{Relay}", $"/ip4/192.168.1.1/{Relay}", "/dns/example.com/tcp/1", $"/ip4/8.8.8.8/{Relay}", "/ip4/9.9.9.9/tcp/1", "/ip4/10.0.0.1/tcp/1"];
        var ranked = AddressRanking.Rank(given.Select(Multiaddr.Parse));
        Assert.Equal([given[5], given[4], given[2], given[0], given[1], given[3]], ranked.Select(a => a.ToString()));

        // Many direct ones leave room for one that is tried when they have failed.
        var many = Enumerable.Range(1, 30).Select(i => Multiaddr.Parse($"/ip4/9.9.9.9/tcp/{i}"));
        var shared = AddressRanking.Share(AddressRanking.Rank([Multiaddr.Parse(given[3]), .. many]), 25);
        Assert.Equal([.. many.Take(24), Multiaddr.Parse(given[3])], shared);
    }

    [Fact]
    public async Task The_gater_is_asked_at_every_door()
    {
        await using var network = new TestNetwork();
        var gater = new Gater();
        using var meters = new Meters();
        var alice = await network.StartAsync("alice", o => o.Gater = gater, meters: meters);
        var (bob, carol) = (await network.StartAsync("bob"), await network.StartAsync("carol"));

        gater.Dial = false;
        var fault = await Assert.ThrowsAsync<Libp2pException>(() => alice.ConnectAsync(bob.Address(), TestContext.Current.CancellationToken));
        Assert.Equal(Libp2pErrorCodes.Gated, fault.Code);
        (gater.Dial, gater.Connection) = (true, false);
        fault = await Assert.ThrowsAsync<Libp2pException>(() => alice.ConnectAsync(bob.Address(), TestContext.Current.CancellationToken));
        Assert.Equal(Libp2pErrorCodes.Gated, fault.Code);
        (gater.Connection, gater.Inbound) = (true, false);
        await RefusedAsync(carol.ConnectAsync(alice.Address(), TestContext.Current.CancellationToken));
        await meters.RefusedAsync(Libp2pErrorCodes.Gated);
        gater.Inbound = true;
        await carol.ConnectAsync(alice.Address(), TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task A_gater_that_throws_refuses_and_the_host_lives_on()
    {
        await using var network = new TestNetwork();
        var gater = new Gater { Fails = true };
        using var meters = new Meters();
        var alice = await network.StartAsync("alice", o => o.Gater = gater, meters: meters);
        var bob = await network.StartAsync("bob");
        await RefusedAsync(bob.ConnectAsync(alice.Address(), TestContext.Current.CancellationToken));
        await meters.RefusedAsync(Libp2pErrorCodes.Gated);
        gater.Fails = false;
        await bob.ConnectAsync(alice.Address(), TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task The_peer_filter_chooses_addresses_and_candidates()
    {
        await using var network = new TestNetwork();
        var filter = new Filter();
        var alice = await network.StartAsync("alice", o => o.PeerFilter = filter);
        var bob = await network.StartAsync("bob");

        Assert.False(alice.Peers.TryAddCandidate(bob.LocalPeer, bob.ListenAddresses));
        Assert.Null(alice.Peers.Find(bob.LocalPeer));
        filter.Accept = true;
        Assert.True(alice.Peers.TryAddCandidate(bob.LocalPeer, [Multiaddr.Parse("/memory/bad"), .. bob.ListenAddresses]));
        var connection = await alice.ConnectAsync(bob.LocalPeer, TestContext.Current.CancellationToken);
        Assert.Equal(bob.ListenAddresses[0], connection.RemoteAddress);
    }

    [Fact]
    public void Options_out_of_range_are_refused_by_name()
    {
        var options = new Libp2pOptions();
        options.ListenAddresses.Add(Multiaddr.Parse("/memory/x"));
        options.Connections.MaxPerPeer = 1;
        options.Connections.UpgradeTimeout = TimeSpan.Zero;
        options.Yamux.AcceptBacklog = 0;
        var fault = Assert.Throws<ArgumentException>(() => new Libp2pHost(options));
        Assert.Contains("ListenAddresses: no transport takes /memory/x", fault.Message, StringComparison.Ordinal);
        Assert.Contains("Connections.MaxPerPeer must be at least 2", fault.Message, StringComparison.Ordinal);
        Assert.Contains("Connections.UpgradeTimeout must be above zero", fault.Message, StringComparison.Ordinal);
        Assert.Contains("Yamux.AcceptBacklog must be at least 1", fault.Message, StringComparison.Ordinal);
    }

    private static async Task<List<Libp2pHost>> StartManyAsync(TestNetwork network, int count)
    {
        var hosts = new List<Libp2pHost>();
        for (var i = 0; i < count; i++)
        {
            hosts.Add(await network.StartAsync($"host{i}"));
        }

        return hosts;
    }

    private static async Task AllAsync(Func<bool> reached)
    {
        while (!reached())
        {
            await Task.Yield();
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
        }
    }

    private static async Task RefusedAsync(Task connect) => await Assert.ThrowsAsync<Libp2pException>(() => connect);

    private sealed class Gater : IConnectionGater
    {
        public bool Dial { get; set; } = true;

        public bool Inbound { get; set; } = true;

        public bool Connection { get; set; } = true;

        public bool AllowDial(PeerId? peer, Multiaddr address) => Dial;

        public bool Fails { get; set; }

        public bool AllowInbound(Multiaddr remoteAddress) => Fails ? throw new InvalidOperationException("A bug.") : Inbound;

        public bool AllowConnection(PeerId peer, Direction direction, Multiaddr remoteAddress) => Connection;
    }

    private sealed class Filter : IPeerFilter
    {
        public bool Accept { get; set; }

        public bool AcceptCandidate(PeerId peer, IReadOnlyList<Multiaddr> addresses) => Accept;

        public IReadOnlyList<Multiaddr> SelectAddresses(PeerId? peer, IReadOnlyList<Multiaddr> ranked) =>
            [.. ranked.Where(a => a.ToString() != "/memory/bad")];
    }
}
