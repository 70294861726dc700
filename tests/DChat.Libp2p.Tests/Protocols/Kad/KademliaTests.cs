using DChat.Libp2p.Addresses;
using DChat.Libp2p.Multiformats;
using DChat.Libp2p.Protocols.Kad;
using DChat.Libp2p.Tests.Host;
using Microsoft.Extensions.Time.Testing;

namespace DChat.Libp2p.Tests.Protocols.Kad;

/// <summary>A few nodes, and time that is moved.</summary>
public sealed class KademliaTests
{
    [Fact]
    public async Task Two_nodes_know_each_other_after_one_has_asked_the_other()
    {
        await using var network = new TestNetwork();
        await using var alice = await KadNode.StartAsync(network, "alice");
        await using var bob = await KadNode.StartAsync(network, "bob", alice.Host);
        await ReadyAsync(alice, bob);
        Assert.Equal(bob.Peer, Assert.Single(alice.Dht.RoutingTable).Peer);
        Assert.Equal(alice.Peer, Assert.Single(bob.Dht.RoutingTable).Peer);
        Assert.Equal("/test/kad/1.0.0", alice.Dht.Protocol);
        Assert.Contains(alice.Dht.Protocol, alice.Host.Protocols);
    }

    [Fact]
    public async Task A_client_is_told_to_nobody_and_serves_nobody_until_it_is_told_to()
    {
        await using var network = new TestNetwork();
        await using var alice = await KadNode.StartAsync(network, "alice");
        await using var bob = await KadNode.StartAsync(network, "bob", alice.Host, o => o.Mode = KademliaMode.Client);
        await ReadyAsync(bob);
        Assert.False(bob.Dht.IsServing);
        Assert.Empty(alice.Dht.RoutingTable);

        bob.Dht.SetServing(true);
        await KadNode.UntilAsync(() => alice.Dht.RoutingTable.Count == 1);
        bob.Dht.SetServing(false);
        await KadNode.UntilAsync(() => alice.Dht.RoutingTable.Count == 0);
    }

    [Fact]
    public async Task Auto_serves_when_three_public_networks_have_reached_it_directly()
    {
        await using var network = new TestNetwork();
        await using var node = await KadNode.StartAsync(network, "node", configure: o => o.Mode = KademliaMode.Auto);
        string[] vain =
        [
            "/ip4/127.0.0.1/tcp/1", "/ip4/192.168.0.1/tcp/1", "/memory/a", "/ip4/8.8.8.8/tcp/1", "/ip4/8.8.8.9/tcp/1", "/ip4/1.1.1.1/tcp/1",
            "/ip4/9.9.9.9/tcp/1/p2p/12D3KooWBtg3aaRMjxwedh83aGiUkwSxDwUZkzuJcfaqUmo7R3pq/p2p-circuit",
        ];
        foreach (var address in vain)
        {
            node.Dht.Reached(Multiaddr.Parse(address));
        }

        Assert.False(node.Dht.IsServing);
        node.Dht.Reached(Multiaddr.Parse("/ip4/9.9.9.9/tcp/1"));
        Assert.True(node.Dht.IsServing);
    }

    [Fact]
    public async Task Auto_serves_when_a_public_address_is_confirmed()
    {
        var time = new FakeTimeProvider();
        await using var network = new TestNetwork();
        await using var node = await KadNode.StartAsync(network, "node", configure: o => o.Mode = KademliaMode.Auto, time: time);
        node.Host.Addresses.Confirm(Multiaddr.Parse("/ip4/8.8.8.8/tcp/1"), TimeSpan.FromHours(1));
        await TestHosts.StepUntilAsync(time, KademliaDht.MaintenanceInterval, () => node.Dht.IsServing);
    }

    [Fact]
    public async Task A_lookup_has_its_time_and_then_ends_with_what_it_has_found()
    {
        var time = new FakeTimeProvider();
        await using var network = new TestNetwork();
        await using var alice = await KadNode.StartAsync(network, "alice");
        await using var bob = await KadNode.StartAsync(network, "bob", alice.Host, o => (o.RequestTimeout, o.LookupTimeout) = (TimeSpan.FromMinutes(1), TimeSpan.FromSeconds(5)), time);
        await ReadyAsync(alice, bob);

        // From now on alice says nothing, and is waited for as long as the lookup may take.
        alice.Host.SetStreamHandler("/test/kad/1.0.0", (stream, token) => stream.Completion.WaitAsync(token));
        var lookup = bob.Dht.GetClosestPeersAsync("k"u8.ToArray(), TestContext.Current.CancellationToken);
        await TestHosts.StepUntilAsync(time, TimeSpan.FromSeconds(1), () => lookup.IsCompleted);
        Assert.Empty(await lookup);
    }

    [Fact]
    public async Task Bootstrap_peers_that_are_not_there_yet_are_tried_again_later_and_later()
    {
        var time = new WatchedTime();
        await using var network = new TestNetwork();
        var absent = await network.StartAsync("alice");
        var address = absent.Address();
        await absent.DisposeAsync();
        await using var bob = await KadNode.StartAsync(network, "bob", configure: o => o.Bootstrap.Add(address), time: time);

        // 2 s, then 4 s.
        for (var attempt = 1; attempt <= 2; attempt++)
        {
            var pause = attempt * KademliaDht.MinBootstrapDelay;
            await KadNode.UntilAsync(() => time.HasSet(pause));
            Assert.Equal(attempt, bob.Sent);
            time.Advance(pause - TimeSpan.FromTicks(1));
            Assert.Equal(attempt, bob.Sent);
            time.Advance(TimeSpan.FromTicks(1));
            await KadNode.UntilAsync(() => bob.Sent == attempt + 1);
        }
    }

    [Fact]
    public async Task The_table_is_refreshed_every_ten_minutes()
    {
        var time = new FakeTimeProvider();
        await using var network = new TestNetwork();
        await using var alice = await KadNode.StartAsync(network, "alice");
        await using var bob = await KadNode.StartAsync(network, "bob", alice.Host, time: time);
        await ReadyAsync(bob);
        var before = bob.Dht.Counters.Lookups;
        await TestHosts.StepUntilAsync(time, TimeSpan.FromMinutes(10), () => bob.Dht.Counters.Lookups > before);
    }

    [Fact]
    public async Task What_is_provided_is_said_again_and_forgotten_when_it_is_not()
    {
        var time = new FakeTimeProvider();
        await using var network = new TestNetwork();
        await using var alice = await KadNode.StartAsync(network, "alice", time: time);
        await using var bob = await KadNode.StartAsync(network, "bob", alice.Host, time: time);
        await ReadyAsync(alice, bob);
        var key = Multihash.Sha256("x"u8);
        Assert.Equal(1, await bob.Dht.ProvideAsync(key, TestContext.Current.CancellationToken));
        await KadNode.UntilAsync(() => alice.Dht.ProviderCount == 1);

        // Said again at 22 h, so still there after 48 h.
        var sent = bob.Dht.Counters.Sent(2);
        await TestHosts.StepUntilAsync(time, TimeSpan.FromHours(22), () => bob.Dht.Counters.Sent(2) > sent);
        await KadNode.UntilAsync(() => alice.Dht.Counters.Served(2) == 2);
        time.Advance(TimeSpan.FromHours(26));
        Assert.True(bob.Dht.StopProviding(key));
        Assert.False(bob.Dht.StopProviding(key));
        Assert.Single(await KadNetworkTests.FindAsync(alice, key));
        await TestHosts.StepUntilAsync(time, TimeSpan.FromHours(22), () => alice.Dht.ProviderCount == 0);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-72)]
    [InlineData(72)]
    public async Task A_record_is_kept_for_48_hours_and_no_longer_though_the_clock_is_set(int hours)
    {
        var time = new SteppedTime();
        await using var network = new TestNetwork();
        await using var alice = await KadNode.StartAsync(network, "alice", time: time);
        await using var bob = await KadNode.StartAsync(network, "bob", alice.Host);
        await ReadyAsync(alice, bob);
        var key = KadNode.Key("k");
        Assert.Single(await bob.Dht.PutValueAsync(key, KadNode.Value(1), TestContext.Current.CancellationToken));
        time.Step = TimeSpan.FromHours(hours);
        time.Advance(TimeSpan.FromHours(48) - TimeSpan.FromTicks(1));
        Assert.NotNull(alice.Dht.Kept(key));
        time.Advance(TimeSpan.FromTicks(1));
        Assert.Null(alice.Dht.Kept(key));
    }

    [Fact]
    public async Task Peers_of_the_last_run_are_asked_first_and_no_bootstrap_peer_is_needed()
    {
        var file = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():n}.peers");
        try
        {
            await using var network = new TestNetwork();
            await using var alice = await KadNode.StartAsync(network, "alice");
            var bob = await KadNode.StartAsync(network, "bob", alice.Host, configureHost: o => o.PeerStore.Path = file);
            await ReadyAsync(bob);
            await bob.DisposeAsync();
            await bob.Host.DisposeAsync();

            await using var again = await KadNode.StartAsync(network, "again", configureHost: o => o.PeerStore.Path = file);
            await ReadyAsync(again);
            Assert.Equal(alice.Peer, Assert.Single(again.Dht.RoutingTable).Peer);

            // Who is in the table is worth keeping a connection to.
            Assert.Equal(KadTable.TagValue, again.Host.ConnectionManager.ValueOf(alice.Peer));
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task A_lookup_that_is_cancelled_ends_at_once()
    {
        await using var network = new TestNetwork();
        var silent = await network.StartAsync("silent");
        silent.SetStreamHandler("/test/kad/1.0.0", (stream, token) => stream.Completion.WaitAsync(token));
        await using var bob = await KadNode.StartAsync(network, "bob");
        bob.Host.Introduce(silent);
        var told = bob.Dht.Client.AskAsync(silent.LocalPeer, new(DChat.Libp2p.Protocols.Kad.Wire.KadMessageType.Ping), new CancellationToken(canceled: true));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => told);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => bob.Dht.FindPeerAsync(silent.LocalPeer, new CancellationToken(canceled: true)));
    }

    [Fact]
    public async Task A_peer_that_says_nothing_is_given_up_in_time()
    {
        var time = new FakeTimeProvider();
        await using var network = new TestNetwork();
        var silent = await network.StartAsync("silent");
        silent.SetStreamHandler("/test/kad/1.0.0", (stream, token) => stream.Completion.WaitAsync(token));
        await using var bob = await KadNode.StartAsync(network, "bob", silent, time: time);
        await TestHosts.StepUntilAsync(time, TimeSpan.FromSeconds(10), () => bob.Dht.Counters.Unanswered(4) >= 1);
        Assert.Empty(bob.Dht.RoutingTable);
    }

    [Theory]
    [InlineData("", "Prefix")]
    [InlineData("test", "Prefix")]
    [InlineData("/", "Prefix")]
    [InlineData("/test/", "Prefix")]
    public void The_network_must_be_named(string prefix, string fault) =>
        Assert.Contains(fault, Assert.Single(new KademliaOptions { Prefix = prefix }.Validate()), StringComparison.Ordinal);

    [Fact]
    public void Options_out_of_range_are_named()
    {
        var options = new KademliaOptions
        {
            Prefix = "/t",
            BucketSize = 65,
            Concurrency = 0,
            DisjointPaths = 2,
            RequestTimeout = TimeSpan.Zero,
            RepublishInterval = TimeSpan.FromHours(49),
        };
        options.Validators["a/b"] = null!;
        options.Bootstrap.Add(Multiaddr.Parse("/ip4/1.2.3.4/tcp/1"));
        options.Limits.MaxRecords = 0;
        options.Diversity.MaxPerBlockInTable = 2;
        string[] named =
        [
            nameof(options.BucketSize), nameof(options.Concurrency), nameof(options.DisjointPaths), nameof(options.RequestTimeout), nameof(options.RepublishInterval),
            nameof(options.Bootstrap), nameof(options.Validators), "Diversity.MaxPerBlockInTable", "Limits.MaxRecords",
        ];
        Assert.Equal(named, options.Validate().Select(f => f.Split(' ', ':')[0]));
    }

    [Fact]
    public async Task Keys_and_values_that_cannot_be_are_refused()
    {
        await using var network = new TestNetwork();
        await using var node = await KadNode.StartAsync(network, "node");
        var token = TestContext.Current.CancellationToken;
        await Assert.ThrowsAsync<ArgumentException>(() => node.Dht.PutValueAsync("/other/k"u8.ToArray(), KadNode.Value(1), token));
        await Assert.ThrowsAsync<ArgumentException>(() => node.Dht.PutValueAsync(KadNode.Key("k"), "!"u8.ToArray(), token));
        await Assert.ThrowsAsync<ArgumentException>(() => node.Dht.PutValueAsync(KadNode.Key("k"), new byte[20_000], token));
        await Assert.ThrowsAsync<ArgumentException>(() => node.Dht.GetValueAsync("k"u8.ToArray(), cancellationToken: token));
        await Assert.ThrowsAsync<ArgumentException>(() => node.Dht.ProvideAsync("k"u8.ToArray(), token));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => node.Dht.GetClosestPeersAsync(default, token));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => node.Dht.GetClosestPeersAsync(new byte[513], token));
        await Assert.ThrowsAsync<ArgumentException>(() => node.Dht.FindPeerAsync(node.Peer, token));
        await Assert.ThrowsAsync<InvalidOperationException>(() => node.Dht.StartAsync(token));
    }

    private static Task ReadyAsync(params KadNode[] nodes) =>
        Task.WhenAll(nodes.Select(n => n.Dht.Ready)).WaitAsync(TestNetwork.Patience, TestContext.Current.CancellationToken);
}
