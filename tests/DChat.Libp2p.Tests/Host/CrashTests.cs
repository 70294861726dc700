using DChat.Libp2p.Addresses;
using DChat.Libp2p.Host;
using DChat.Libp2p.Transports;

namespace DChat.Libp2p.Tests.Host;

/// <summary>Parts that fail when the host starts, runs and stops: each costs itself and nothing else.</summary>
public sealed class CrashTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_listener_that_gives_up_an_accept_of_its_own_accord_is_asked_again()
    {
        var transport = new FaultyTransport(new OperationCanceledException("A timeout of its own."));
        await using var network = new TestNetwork();
        var bob = await StartAsync(network, "bob", transport);
        var alice = await StartAsync(network, "alice", transport);
        Assert.Equal(bob.LocalPeer, (await alice.ConnectAsync(bob.Address(), Cancel).WaitAsync(TestNetwork.Patience, Cancel)).RemotePeer);
    }

    [Fact]
    public async Task A_listener_that_fails_when_it_ends_keeps_neither_the_others_nor_connections_nor_work_alive()
    {
        await using var network = new TestNetwork();
        var faulty = new FaultyTransport(onDispose: new InvalidOperationException("A bug."));
        var bob = await StartAsync(network, "bob", faulty, "other");
        var alice = await StartAsync(network, "alice", faulty);
        var connection = await alice.ConnectAsync(bob.Address(), Cancel);
        await bob.StopListeningAsync();
        Assert.Empty(bob.ListenAddresses);

        // The places are free again.
        await bob.ListenAsync(Multiaddr.Parse("/memory/bob"), Cancel);
        await bob.ListenAsync(Multiaddr.Parse("/memory/other"), Cancel);
        await bob.DisposeAsync();
        Assert.Equal(0, bob.RunningTasks);
        Assert.Empty(bob.Connections);
        await connection.Closed.WaitAsync(TestNetwork.Patience, Cancel);
    }

    [Fact]
    public async Task A_start_that_fails_halfway_for_want_of_a_port_succeeds_when_the_port_is_free()
    {
        await using var network = new TestNetwork();
        var taker = await network.StartAsync("taken");
        var options = new Libp2pOptions();
        options.Transports.Clear();
        options.Transports.Add(network.Transport);
        options.ListenAddresses.Add(Multiaddr.Parse("/memory/free"));
        options.ListenAddresses.Add(Multiaddr.Parse("/memory/taken"));
        await using var host = new Libp2pHost(options);
        Assert.Equal(Libp2pErrorCodes.ListenFailed, (await Assert.ThrowsAsync<Libp2pException>(() => host.StartAsync(Cancel))).Code);
        Assert.Equal((0, 0), (host.ListenAddresses.Count, host.RunningTasks));
        await taker.DisposeAsync();
        await host.StartAsync(Cancel);
        Assert.Equal(options.ListenAddresses, host.ListenAddresses);
        var alice = await network.StartAsync("alice");
        Assert.Equal(host.LocalPeer, (await alice.ConnectAsync(host.Address(), Cancel)).RemotePeer);
    }

    private static Task<Libp2pHost> StartAsync(TestNetwork network, string name, ITransport transport, params string[] others) => network.StartAsync(name, options =>
    {
        options.Transports.Clear();
        options.Transports.Add(transport);
        foreach (var other in others)
        {
            options.ListenAddresses.Add(Multiaddr.Parse($"/memory/{other}"));
        }
    });
}
