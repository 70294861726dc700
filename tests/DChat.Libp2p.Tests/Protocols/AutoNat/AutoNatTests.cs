using DChat.Libp2p.Addresses;
using DChat.Libp2p.Protocols.AutoNat;
using DChat.Libp2p.Tests.Host;
using DChat.Libp2p.Tests.Protocols.Kad;
using DChat.Libp2p.Tests.Streams;

namespace DChat.Libp2p.Tests.Protocols.AutoNat;

/// <summary>A node that asks servers in several networks, and what comes of it.</summary>
public sealed class AutoNatTests
{
    private static readonly Multiaddr Here = Multiaddr.Parse("/ip4/8.8.8.8/tcp/4001");
    private static readonly Multiaddr Nowhere = Multiaddr.Parse("/ip4/8.8.8.8/tcp/4002");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_address_is_confirmed_when_servers_of_enough_networks_have_reached_it()
    {
        await using var network = new TestNetwork();
        await using var node = await NatNode.StartAsync(network, "8.8.8.8");
        await ConnectAsync(network, node, 3);
        await SettleAsync(node, a => a.Reached == 3);
        Assert.Empty(node.Host.Addresses.Confirmed);
        Assert.Equal(Reachability.Unknown, Assert.Single(node.Nat.Addresses).Reachability);

        await ConnectAsync(network, node, 1, from: 3);
        await SettleAsync(node, a => a.Reachability == Reachability.Reachable);
        await TestHosts.UntilAsync(() => node.Host.Addresses.Confirmed.SequenceEqual([Here]));
    }

    [Fact]
    public async Task An_address_is_refuted_when_servers_of_enough_networks_have_failed()
    {
        await using var network = new TestNetwork();
        await using var node = await NatNode.StartAsync(network, "8.8.8.8", o => o.NetworksToRefute = 3);
        node.Host.Addresses.Confirm(Nowhere, TimeSpan.FromDays(1));
        await ConnectAsync(network, node, 2);
        await SettleAsync(node, a => a.Address.Equals(Nowhere) && a.Failed == 2);
        Assert.Equal([Nowhere], node.Host.Addresses.Confirmed);

        await ConnectAsync(network, node, 1, from: 2);
        await TestHosts.UntilAsync(() => node.Host.Addresses.Confirmed.Count == 0);
        Assert.DoesNotContain(Nowhere, node.Host.Addresses.ToldTo(AddressClass.Public));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-10)]
    [InlineData(10)]
    public async Task A_result_is_checked_again_before_it_expires_though_the_clock_is_set(int hours)
    {
        var time = new SteppedTime();
        await using var network = new TestNetwork();
        await using var node = await NatNode.StartAsync(network, "8.8.8.8", o => o.NetworksToConfirm = 1, time);
        await ConnectAsync(network, node, 1);
        await SettleAsync(node, a => a.Reachability == Reachability.Reachable);
        var first = node.Nat.Addresses[0].SettledAt;
        var settled = time.GetTimestamp();
        time.Step = TimeSpan.FromHours(hours);
        while (node.Nat.Addresses[0].SettledAt == first)
        {
            time.Advance(TimeSpan.FromSeconds(5));
            for (var i = 0; i < 1000 && node.Nat.Addresses[0].SettledAt == first; i++)
            {
                await Task.Yield();
            }

            // A server that is asked answers in real time, which must not be up meanwhile.
            await TestHosts.UntilAsync(() => node.Nat.Asking == 0);

            Assert.True(time.GetElapsedTime(settled) < TimeSpan.FromHours(1), "It was not asked about again.");
        }

        Assert.InRange(node.Nat.Addresses[0].SettledAt!.Value - first!.Value, TimeSpan.FromMinutes(30), TimeSpan.FromHours(1));
        Assert.Equal([Here], node.Host.Addresses.Confirmed);
    }

    [Fact]
    public async Task A_private_address_is_neither_asked_about_nor_dialed()
    {
        await using var network = new TestNetwork();
        await using var node = await NatNode.StartAsync(network, "10.0.0.8");
        await using var server = await NatNode.ServeAsync(network, "9.9.9.9");
        await node.Host.ConnectAndIdentifyAsync(server.Host);
        Assert.Equal(DialBackOutcome.Refused, await node.Nat.AskAsync(server.Host.LocalPeer, node.Host.ListenAddresses[0], Cancel));
        Assert.Empty(node.Nat.Addresses);
        Assert.Equal([server.Host.ListenAddresses[0]], network.Internet.Dialed);
    }

    [Fact]
    public async Task Private_addresses_are_asked_about_and_dialed_where_that_is_allowed()
    {
        await using var network = new TestNetwork();
        await using var node = await NatNode.StartAsync(network, "10.0.0.8", o => (o.AllowsPrivateAddresses, o.NetworksToConfirm) = (true, 1));
        await using var server = await NatNode.StartAsync(network, "10.0.1.9", o => (o.AllowsPrivateAddresses, o.Asks) = (true, false));
        await node.Host.ConnectAndIdentifyAsync(server.Host);
        await SettleAsync(node, a => a.Reachability == Reachability.Reachable);
        await TestHosts.UntilAsync(() => node.Host.Addresses.Confirmed.SequenceEqual([Multiaddr.Parse("/ip4/10.0.0.8/tcp/4001")]));
    }

    [Fact]
    public async Task An_address_that_the_server_does_not_see_costs_bytes_and_is_reached_all_the_same()
    {
        await using var network = new TestNetwork();
        await using var server = await NatNode.ServeAsync(network, "9.9.9.9", l => l.MaxDialDelay = TimeSpan.Zero);
        await using var node = await NatNode.StartAsync(network, "8.8.8.8");
        var other = Multiaddr.Parse("/ip4/8.8.4.4/tcp/4001");
        node.Host.AddTransport(network.Internet.At("8.8.4.4"));
        await node.Host.ListenAsync(other, Cancel);
        await node.Host.ConnectAndIdentifyAsync(server.Host);
        Assert.Equal(DialBackOutcome.Reached, await node.Nat.AskAsync(server.Host.LocalPeer, other, Cancel));
    }

    [Fact]
    public async Task One_server_alone_is_asked_only_when_it_is_connected_directly()
    {
        await using var network = new TestNetwork();
        await using var node = await NatNode.StartAsync(network, "8.8.8.8");
        var fault = await Assert.ThrowsAsync<Libp2pException>(() => node.Nat.AskAsync(TestHosts.SomePeer(), Here, Cancel));
        Assert.Equal(Libp2pErrorCodes.NotConnected, fault.Code);
        await using var server = await NatNode.ServeAsync(network, "9.9.9.9");
        await Assert.ThrowsAsync<InvalidOperationException>(() => server.Nat.AskAsync(node.Host.LocalPeer, Here, Cancel));
        await Assert.ThrowsAsync<InvalidOperationException>(() => server.Nat.StartAsync(Cancel));
    }

    [Fact]
    public async Task The_connection_of_a_dial_back_is_closed_and_the_one_before_it_stays()
    {
        await using var network = new TestNetwork();
        await using var node = await NatNode.StartAsync(network, "8.8.8.8", o => o.NetworksToConfirm = 1);
        await ConnectAsync(network, node, 1);
        await SettleAsync(node, a => a.Reachability == Reachability.Reachable);
        await TestHosts.UntilAsync(() => node.Host.Connections.Count == 1);
        Assert.Equal(Libp2p.Swarm.Direction.Outbound, node.Host.Connections[0].Direction);
    }

    [Fact]
    public async Task A_peer_that_begins_to_serve_is_asked_at_once()
    {
        await using var network = new TestNetwork();
        await using var node = await NatNode.StartAsync(network, "8.8.8.8", o => (o.AskInterval, o.NetworksToConfirm) = (TimeSpan.FromHours(1), 1));
        var server = await network.StartAtAsync("9.9.9.9");
        await node.Host.ConnectAndIdentifyAsync(server);
        await using var serving = new Libp2p.Protocols.AutoNat.AutoNat(server, new AutoNatOptions { Asks = false });
        await serving.StartAsync(Cancel);
        await SettleAsync(node, a => a.Reachability == Reachability.Reachable);
    }

    [Fact]
    public async Task It_stops_at_once_though_it_waits_after_a_fault()
    {
        var time = new WatchedTime();

        // This one does not know its addresses, which asking needs.
        using var host = new PipeHost(time);
        var nat = new Libp2p.Protocols.AutoNat.AutoNat(host, new AutoNatOptions { AskInterval = TimeSpan.FromSeconds(77) });
        await nat.StartAsync(Cancel);
        await TestHosts.UntilAsync(() => time.HasSet(TimeSpan.FromSeconds(77)));
        await nat.DisposeAsync().AsTask().WaitAsync(TestNetwork.Patience, Cancel);
    }

    /// <summary>Connects a node to servers in so many networks.</summary>
    private static async Task ConnectAsync(TestNetwork network, NatNode node, int count, int from = 0)
    {
        for (var i = from; i < from + count; i++)
        {
            var server = await NatNode.ServeAsync(network, $"9.9.{i}.1");
            await node.Host.ConnectAndIdentifyAsync(server.Host);
        }
    }

    private static Task SettleAsync(NatNode node, Func<AddressReachability, bool> match) => TestHosts.UntilAsync(() => node.Nat.Addresses.Any(match));
}
