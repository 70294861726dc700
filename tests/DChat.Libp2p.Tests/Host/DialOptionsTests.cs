using DChat.Libp2p.Addresses;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Swarm;
using DChat.Libp2p.Transports;
using Microsoft.Extensions.Time.Testing;

namespace DChat.Libp2p.Tests.Host;

public sealed class DialOptionsTests
{
    private const string Echo = "/echo/1.0.0";
    private static readonly DialOptions NoDial = new() { NoDial = true };
    private static readonly DialOptions ForceNew = new() { ForceNew = true };
    private static readonly DialOptions ForceDirect = new() { ForceDirect = true };

    [Fact]
    public async Task NoDial_takes_an_open_connection_or_fails_without_a_dial()
    {
        await using var network = new TestNetwork();
        var (alice, bob) = (await network.StartAsync("alice"), await network.StartAsync("bob"));
        bob.SetStreamHandler(Echo, TestHosts.EchoAsync);
        alice.Introduce(bob);
        await FailsAsync(Libp2pErrorCodes.NotConnected, alice.NewStreamAsync(bob.LocalPeer, [Echo], NoDial, TestContext.Current.CancellationToken));
        Assert.Empty(alice.Connections);

        var open = await alice.ConnectAsync(bob.LocalPeer, TestContext.Current.CancellationToken);
        Assert.Same(open, await alice.ConnectAsync(bob.LocalPeer, [], NoDial with { ForceNew = true }, TestContext.Current.CancellationToken));
        await using var stream = await alice.NewStreamAsync(bob.LocalPeer, [Echo], NoDial, TestContext.Current.CancellationToken);
        Assert.Same(open, stream.Connection);
    }

    [Fact]
    public async Task ForceNew_dials_although_a_connection_is_open_and_an_address_backs_off()
    {
        var time = new FakeTimeProvider();
        await using var network = new TestNetwork();
        var alice = await network.StartAsync("alice", time: time);
        var bob = await network.StartAsync("bob");
        alice.Introduce(bob);
        var first = await alice.ConnectAsync(bob.LocalPeer, TestContext.Current.CancellationToken);
        var second = await alice.ConnectAsync(bob.LocalPeer, [], ForceNew, TestContext.Current.CancellationToken);
        Assert.NotSame(first, second);
        Assert.Equal(2, alice.ConnectionsTo(bob.LocalPeer).Count);

        var gone = TestHosts.SomePeer();
        alice.Peers.Vouch(gone, [Multiaddr.Parse("/memory/gone")]);
        await FailsAsync(Libp2pErrorCodes.DialFailed, alice.ConnectAsync(gone, TestContext.Current.CancellationToken));
        await FailsAsync(Libp2pErrorCodes.DialBackoff, alice.ConnectAsync(gone, TestContext.Current.CancellationToken));
        await FailsAsync(Libp2pErrorCodes.DialFailed, alice.ConnectAsync(gone, [], ForceNew, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Joining_a_dial_that_runs_costs_little_however_many_addresses_are_known()
    {
        const int Callers = 200;
        await using var network = new TestNetwork();
        var alice = await network.StartAsync("alice", o =>
        {
            o.Transports.Clear();
            o.Transports.Add(new SilentTransport());
            o.ListenAddresses.Clear();
        });
        var peer = TestHosts.SomePeer();
        alice.Peers.Vouch(peer, Enumerable.Range(0, 16).Select(i => Multiaddr.Parse($"/memory/silent{i}")));
        using var stop = new CancellationTokenSource();
        var first = alice.ConnectAsync(peer, stop.Token);
        _ = alice.ConnectAsync(peer, stop.Token);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var joined = Enumerable.Range(0, Callers).Select(_ => alice.ConnectAsync(peer, stop.Token)).ToArray();
        var each = (GC.GetAllocatedBytesForCurrentThread() - before) / Callers;
        TestContext.Current.TestOutputHelper?.WriteLine($"{each} bytes for each.");
        Assert.InRange(each, 1, 2000);
        await stop.CancelAsync();
        foreach (var caller in joined.Prepend(first))
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => caller);
        }
    }

    [Fact]
    public async Task ForceDirect_takes_no_connection_through_a_relay_and_dials_no_address_of_one()
    {
        await using var network = new TestNetwork();
        var relay = Multiaddr.Parse($"/memory/relay/p2p/{TestHosts.SomePeer()}/p2p-circuit");
        var circuit = new RelayedTransport(network.Transport, relay);
        var alice = await network.StartAsync("alice", o => o.Transports.Add(circuit));
        var bob = await network.StartAsync("bob");
        circuit.Target = bob.ListenAddresses[0];
        var relayed = await alice.ConnectAsync(bob.LocalPeer, [relay], TestContext.Current.CancellationToken);
        Assert.True(relayed.IsRelayed);
        Assert.Same(relayed, await alice.ConnectAsync(bob.LocalPeer, TestContext.Current.CancellationToken));

        await FailsAsync(Libp2pErrorCodes.NotConnected, alice.ConnectAsync(bob.LocalPeer, [], ForceDirect with { NoDial = true }, TestContext.Current.CancellationToken));
        var direct = await alice.ConnectAsync(bob.LocalPeer, [relay, bob.ListenAddresses[0]], ForceDirect, TestContext.Current.CancellationToken);
        Assert.False(direct.IsRelayed);
        Assert.Equal(1, circuit.Dials);
    }

    [Fact]
    public async Task Listening_begins_and_ends_while_the_host_runs_and_peers_are_told()
    {
        await using var network = new TestNetwork();
        var (alice, bob) = (await network.StartAsync("alice"), await network.StartAsync("bob"));
        await alice.ConnectAndIdentifyAsync(bob);
        using var events = alice.Subscribe();
        var more = Multiaddr.Parse("/memory/more");
        Assert.Equal(more, await bob.ListenAsync(more, TestContext.Current.CancellationToken));
        await events.NextAsync<DChat.Libp2p.Peers.PeerEvent.Identified>(e => e.IsPush && e.Info.Addresses.Contains(more));
        await (await alice.ConnectAsync(bob.LocalPeer, [more], ForceNew, TestContext.Current.CancellationToken)).CloseAsync();

        Assert.True(await bob.UnlistenAsync(more));
        Assert.False(await bob.UnlistenAsync(more));
        Assert.DoesNotContain(more, bob.ListenAddresses);
        await FailsAsync(Libp2pErrorCodes.DialFailed, alice.ConnectAsync(more, TestContext.Current.CancellationToken));
        Assert.NotEmpty(alice.ConnectionsTo(bob.LocalPeer));
    }

    [Fact]
    public async Task Transports_come_and_go_while_the_host_runs()
    {
        await using var network = new TestNetwork();
        var alice = await network.StartAsync("alice");
        var bob = await network.StartAtAsync("203.0.113.7");
        var (transport, address) = (network.Internet.At("198.51.100.1"), Multiaddr.Parse("/ip4/198.51.100.1/tcp/1"));
        await FailsAsync(Libp2pErrorCodes.NoAddress, alice.ConnectAsync(bob.Address(), TestContext.Current.CancellationToken));
        await FailsAsync(Libp2pErrorCodes.NoAddress, alice.ListenAsync(address, TestContext.Current.CancellationToken));

        alice.AddTransport(transport);
        await alice.ConnectAsync(bob.Address(), TestContext.Current.CancellationToken);
        await alice.ListenAsync(address, TestContext.Current.CancellationToken);
        Assert.True(await alice.RemoveTransportAsync(transport));
        Assert.False(await alice.RemoveTransportAsync(transport));
        Assert.DoesNotContain(address, alice.ListenAddresses);
        Assert.NotEmpty(alice.Connections);
        await FailsAsync(Libp2pErrorCodes.NoAddress, alice.ConnectAsync(TestHosts.SomePeer(), bob.ListenAddresses, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Listening_that_begins_while_the_host_stops_ends_with_it()
    {
        await using var network = new TestNetwork();
        for (var i = 0; i < 50; i++)
        {
            var (host, address) = (await network.StartAsync($"host{i}"), Multiaddr.Parse($"/memory/late{i}"));
            var listen = Task.Run(() => host.ListenAsync(address, CancellationToken.None), TestContext.Current.CancellationToken);
            await host.DisposeAsync();
            await Record.ExceptionAsync(() => listen);
            Assert.Empty(host.ListenAddresses);
            Assert.Equal(0, host.RunningTasks);

            // The address is free again.
            await (await network.Transport.ListenAsync(address, TestContext.Current.CancellationToken)).DisposeAsync();
            await Assert.ThrowsAsync<ObjectDisposedException>(() => host.ListenAsync(address, TestContext.Current.CancellationToken));
        }
    }

    [Fact]
    public async Task A_caller_who_has_given_up_before_begins_no_dial()
    {
        await using var network = new TestNetwork();
        var gater = new Counting();
        var alice = await network.StartAsync("alice", o => o.Gater = gater);
        var bob = await network.StartAsync("bob");
        for (var i = 0; i < 200; i++)
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => alice.ConnectAsync(bob.Address(), new CancellationToken(canceled: true)));
        }

        // What was begun is over when the host has stopped.
        await alice.DisposeAsync();
        Assert.Equal(0, gater.Dials);
    }

    private static async Task FailsAsync(string code, Task task) => Assert.Equal(code, (await Assert.ThrowsAsync<Libp2pException>(() => task)).Code);

    private sealed class Counting : IConnectionGater
    {
        private int _dials;

        public int Dials => _dials;

        public bool AllowDial(PeerId? peer, Multiaddr address) => Interlocked.Increment(ref _dials) > 0;
    }

    /// <summary>Nobody ever answers.</summary>
    private sealed class SilentTransport : ITransport
    {
        public bool Matches(Multiaddr address) => address.Components[0].Protocol == MultiaddrProtocol.Memory;

        public async ValueTask<ITransportConnection> DialAsync(Multiaddr address, CancellationToken cancellationToken = default)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
            throw new InvalidOperationException("It waits for ever.");
        }

        public ValueTask<ITransportListener> ListenAsync(Multiaddr address, CancellationToken cancellationToken = default) => throw new NotSupportedException();
    }

    /// <summary>Leads to a target whoever dials the relay's address.</summary>
    private sealed class RelayedTransport(ITransport inner, Multiaddr relay) : ITransport
    {
        public Multiaddr? Target { get; set; }

        public int Dials { get; private set; }

        public bool Matches(Multiaddr address) => address.IsRelayed;

        public async ValueTask<ITransportConnection> DialAsync(Multiaddr address, CancellationToken cancellationToken = default)
        {
            Dials++;
            return new Relayed(await inner.DialAsync(Target!, cancellationToken), relay);
        }

        public ValueTask<ITransportListener> ListenAsync(Multiaddr address, CancellationToken cancellationToken = default) => throw new NotSupportedException();
    }

    private sealed class Relayed(ITransportConnection inner, Multiaddr relay) : ITransportConnection
    {
        public Multiaddr LocalAddress => inner.LocalAddress;

        public Multiaddr RemoteAddress => relay;

        public System.IO.Pipelines.PipeReader Input => inner.Input;

        public System.IO.Pipelines.PipeWriter Output => inner.Output;

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
