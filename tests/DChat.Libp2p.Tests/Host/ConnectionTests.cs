using DChat.Libp2p.Addresses;
using DChat.Libp2p.Peers;
using DChat.Libp2p.Swarm;
using Microsoft.Extensions.Time.Testing;

namespace DChat.Libp2p.Tests.Host;

public sealed class ConnectionTests
{
    [Fact]
    public async Task Both_hosts_know_whom_they_are_connected_to()
    {
        await using var network = new TestNetwork();
        var (alice, bob) = (await network.StartAsync("alice"), await network.StartAsync("bob"));
        using var events = bob.Subscribe();
        var dialed = await alice.ConnectAsync(bob.Address(), TestContext.Current.CancellationToken);
        var accepted = (await events.NextAsync<PeerEvent.ConnectionOpened>()).Connection;

        Assert.Equal((bob.LocalPeer, Direction.Outbound), (dialed.RemotePeer, dialed.Direction));
        Assert.Equal((alice.LocalPeer, Direction.Inbound), (accepted.RemotePeer, accepted.Direction));
        Assert.Same(dialed, await alice.ConnectAsync(bob.LocalPeer, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task An_address_without_a_peer_leads_to_whoever_answers()
    {
        await using var network = new TestNetwork();
        var (alice, bob) = (await network.StartAsync("alice"), await network.StartAsync("bob"));
        var connection = await alice.ConnectAsync(bob.ListenAddresses[0], TestContext.Current.CancellationToken);
        Assert.Equal(bob.LocalPeer, connection.RemotePeer);
    }

    [Fact]
    public async Task Another_peer_than_the_expected_one_is_refused()
    {
        await using var network = new TestNetwork();
        var (alice, bob) = (await network.StartAsync("alice"), await network.StartAsync("bob"));
        using var events = alice.Subscribe();
        var wrong = bob.ListenAddresses[0].WithPeer(TestHosts.SomePeer());

        var fault = await Assert.ThrowsAsync<Libp2pException>(() => alice.ConnectAsync(wrong, TestContext.Current.CancellationToken));
        Assert.Equal(Libp2pErrorCodes.PeerMismatch, fault.Code);
        Assert.Equal(wrong.Peer, (await events.NextAsync<PeerEvent.DialFailed>()).Peer);
        Assert.Empty(alice.Connections);
    }

    [Fact]
    public async Task Dialing_nobody_nowhere_or_oneself_says_why()
    {
        await using var network = new TestNetwork();
        var alice = await network.StartAsync("alice");
        var stranger = TestHosts.SomePeer();
        await FailsAsync(Libp2pErrorCodes.NoAddress, alice.ConnectAsync(stranger, TestContext.Current.CancellationToken));
        await FailsAsync(Libp2pErrorCodes.NoAddress, alice.ConnectAsync(stranger, [Multiaddr.Parse("/ip4/1.2.3.4/tcp/1")], TestContext.Current.CancellationToken));
        await FailsAsync(Libp2pErrorCodes.DialFailed, alice.ConnectAsync(stranger, [Multiaddr.Parse("/memory/nobody")], TestContext.Current.CancellationToken));
        await FailsAsync(Libp2pErrorCodes.DialFailed, alice.ConnectAsync(alice.Address(), TestContext.Current.CancellationToken));
        await FailsAsync(Libp2pErrorCodes.DialFailed, alice.ConnectAsync(alice.ListenAddresses[0], TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Callers_share_a_dial()
    {
        await using var network = new TestNetwork();
        var (alice, bob) = (await network.StartAsync("alice"), await network.StartAsync("bob"));
        alice.Introduce(bob);
        var all = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => alice.ConnectAsync(bob.LocalPeer, TestContext.Current.CancellationToken)));
        Assert.All(all, c => Assert.Same(all[0], c));
        Assert.Single(alice.Connections);
    }

    [Fact]
    public async Task Two_hosts_that_dial_each_other_at_once_both_succeed()
    {
        await using var network = new TestNetwork();
        for (var i = 0; i < 20; i++)
        {
            var (alice, bob) = (await network.StartAsync($"alice{i}"), await network.StartAsync($"bob{i}"));
            bob.SetStreamHandler("/echo/1", TestHosts.EchoAsync);
            alice.SetStreamHandler("/echo/1", TestHosts.EchoAsync);
            await Task.WhenAll(
                alice.ConnectAsync(bob.Address(), TestContext.Current.CancellationToken),
                bob.ConnectAsync(alice.Address(), TestContext.Current.CancellationToken));
            await using var there = await alice.NewStreamAsync(bob.LocalPeer, ["/echo/1"], TestContext.Current.CancellationToken);
            await using var back = await bob.NewStreamAsync(alice.LocalPeer, ["/echo/1"], TestContext.Current.CancellationToken);
            await there.Output.WriteAsync("x"u8.ToArray(), TestContext.Current.CancellationToken);
            Assert.Equal("x"u8.ToArray(), await there.Input.ReadExactlyAsync(1));
        }
    }

    [Fact]
    public async Task A_dial_is_given_up_when_its_last_caller_gives_up()
    {
        await using var network = new TestNetwork();
        var alice = await network.StartAsync("alice");
        await using var silent = await network.Transport.ListenAsync(Multiaddr.Parse("/memory/silent"), TestContext.Current.CancellationToken);
        using var first = new CancellationTokenSource();
        using var second = new CancellationTokenSource();
        var peer = TestHosts.SomePeer();
        var one = alice.ConnectAsync(peer, [Multiaddr.Parse("/memory/silent")], first.Token);
        var two = alice.ConnectAsync(peer, [], second.Token);
        var accepted = await silent.AcceptAsync(TestContext.Current.CancellationToken);

        await first.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => one);
        Assert.False(two.IsCompleted);
        await second.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => two);

        // The transport connection is closed with it: the multistream header, then the end.
        Assert.StartsWith("\u0013/multistream/1.0.0\n", await accepted!.Input.ReadTextToEndAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_dial_ends_with_its_host(bool namesPeer)
    {
        await using var network = new TestNetwork();
        var alice = await network.StartAsync("alice", time: new FakeTimeProvider());
        await using var silent = await network.Transport.ListenAsync(Multiaddr.Parse("/memory/silent"), TestContext.Current.CancellationToken);
        var address = Multiaddr.Parse("/memory/silent");
        var dial = alice.ConnectAsync(namesPeer ? address.WithPeer(TestHosts.SomePeer()) : address, CancellationToken.None);
        var accepted = await silent.AcceptAsync(TestContext.Current.CancellationToken);
        await alice.DisposeAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => dial.WaitAsync(TestNetwork.Patience, TestContext.Current.CancellationToken));
        await accepted!.DisposeAsync();
        Assert.Equal(0, alice.RunningTasks);
    }

    [Fact]
    public async Task A_caller_with_a_better_address_does_not_wait_for_a_dial_without_it()
    {
        await using var network = new TestNetwork();
        var (alice, bob) = (await network.StartAsync("alice"), await network.StartAsync("bob"));
        await using var silent = await network.Transport.ListenAsync(Multiaddr.Parse("/memory/silent"), TestContext.Current.CancellationToken);
        using var cancel = new CancellationTokenSource();
        var stuck = alice.ConnectAsync(bob.LocalPeer, [Multiaddr.Parse("/memory/silent")], cancel.Token);
        var accepted = await silent.AcceptAsync(TestContext.Current.CancellationToken);

        var connection = await alice.ConnectAsync(bob.Address(), TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(5), TestContext.Current.CancellationToken);
        Assert.Equal(bob.LocalPeer, connection.RemotePeer);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => stuck);
        await accepted!.DisposeAsync();
    }

    [Fact]
    public async Task A_listener_that_fails_once_is_asked_again()
    {
        var transport = new FaultyTransport();
        await using var network = new TestNetwork();
        var bob = await network.StartAsync("bob", o =>
        {
            o.Transports.Clear();
            o.Transports.Add(transport);
        });
        var alice = await network.StartAsync("alice", o =>
        {
            o.Transports.Clear();
            o.Transports.Add(transport);
        });
        var connection = await alice.ConnectAsync(bob.Address(), TestContext.Current.CancellationToken);
        Assert.Equal(bob.LocalPeer, connection.RemotePeer);
    }

    [Fact]
    public async Task Setting_up_a_connection_times_out_on_both_sides()
    {
        var time = new FakeTimeProvider();
        await using var network = new TestNetwork();
        using var meters = new Meters();
        var alice = await network.StartAsync("alice", time: time, meters: meters);
        await using var silent = await network.Transport.ListenAsync(Multiaddr.Parse("/memory/silent"), TestContext.Current.CancellationToken);
        var dial = alice.ConnectAsync(TestHosts.SomePeer(), [Multiaddr.Parse("/memory/silent")], TestContext.Current.CancellationToken);
        var outbound = await silent.AcceptAsync(TestContext.Current.CancellationToken);
        await outbound!.Input.ReadExactlyAsync(20);
        await using var inbound = await network.Transport.DialAsync(alice.ListenAddresses[0], TestContext.Current.CancellationToken);
        await inbound.Output.WriteTextAsync("\u0013/multistream/1.0.0\n");
        await inbound.Input.ReadExactlyAsync(20);

        time.Advance(new ConnectionLimits().UpgradeTimeout - TimeSpan.FromMilliseconds(1));
        Assert.False(dial.IsCompleted);
        time.Advance(TimeSpan.FromMilliseconds(1));
        await FailsAsync(Libp2pErrorCodes.TimedOut, dial);
        await meters.RefusedAsync(Libp2pErrorCodes.TimedOut);
        Assert.Empty(await inbound.Input.ReadToEndAsync());
    }

    [Fact]
    public async Task A_stream_whose_protocol_is_never_named_is_reset_in_time()
    {
        var time = new FakeTimeProvider();
        await using var network = new TestNetwork();
        var (alice, bob) = (await network.StartAsync("alice", time: time), await network.StartAsync("bob", time: time));
        await alice.ConnectAndIdentifyAsync(bob);
        var stream = await alice.Connections[0].Muxed.OpenStreamAsync(TestContext.Current.CancellationToken);
        await stream.Output.WriteTextAsync("\u0013/multistream/1.0.0\n");
        await stream.Input.ReadExactlyAsync(20);

        time.Advance(new ConnectionLimits().NegotiationTimeout);
        var fault = await Assert.ThrowsAsync<Libp2pException>(async () => await stream.Input.ReadAsync(TestContext.Current.CancellationToken));
        Assert.Equal(Libp2pErrorCodes.StreamReset, fault.Code);
    }

    [Fact]
    public async Task A_host_that_is_full_is_not_taken_for_one_that_speaks_another_protocol()
    {
        await using var network = new TestNetwork();
        await using var full = await network.Transport.ListenAsync(Multiaddr.Parse("/memory/full"), TestContext.Current.CancellationToken);
        var bob = await network.StartAsync("bob");
        var dial = bob.ConnectAsync(full.LocalAddress, TestContext.Current.CancellationToken);
        await (await full.AcceptAsync(TestContext.Current.CancellationToken))!.DisposeAsync();

        var fault = await Assert.ThrowsAsync<Libp2pException>(() => dial);
        Assert.Equal((Libp2pErrorCodes.ConnectionClosed, true), (fault.Code, fault.IsTransient));
    }

    [Fact]
    public async Task A_peer_that_has_said_goodbye_is_dialed_anew()
    {
        await using var network = new TestNetwork();
        var (alice, bob) = (await network.StartAsync("alice"), await network.StartAsync("bob"));
        bob.SetStreamHandler("/echo/1.0.0", TestHosts.EchoAsync);
        await alice.ConnectAndIdentifyAsync(bob);
        var leaving = alice.Connections[0];
        await using var open = await alice.NewStreamAsync(leaving, ["/echo/1.0.0"], TestContext.Current.CancellationToken);
        bob.SayGoodbye(alice);
        await TestHosts.UntilAsync(() => !leaving.Muxed.CanOpen);

        Assert.False(leaving.IsUsable);
        var connection = await alice.ConnectAsync(bob.LocalPeer, TestContext.Current.CancellationToken);
        Assert.NotSame(leaving, connection);
        await using var stream = await alice.NewStreamAsync(bob.LocalPeer, ["/echo/1.0.0"], TestContext.Current.CancellationToken);
        Assert.Same(connection, stream.Connection);

        // What was open goes on to its end.
        await open.Output.WriteAsync("x"u8.ToArray(), TestContext.Current.CancellationToken);
        Assert.Equal("x"u8.ToArray(), await open.Input.ReadExactlyAsync(1));
    }

    [Fact]
    public async Task The_next_address_is_tried_when_one_is_slow()
    {
        await using var network = new TestNetwork();
        var alice = await network.StartAsync("alice", o => o.Connections.DialStagger = TimeSpan.FromMilliseconds(1));
        var bob = await network.StartAsync("bob");
        await using var silent = await network.Transport.ListenAsync(Multiaddr.Parse("/memory/silent"), TestContext.Current.CancellationToken);
        IEnumerable<Multiaddr> addresses = [Multiaddr.Parse("/memory/silent"), bob.ListenAddresses[0]];

        var connection = await alice.ConnectAsync(bob.LocalPeer, addresses, TestContext.Current.CancellationToken);
        Assert.Equal(bob.ListenAddresses[0], connection.RemoteAddress);
    }

    [Fact]
    public async Task Closing_a_connection_is_seen_on_both_sides_with_its_reason()
    {
        await using var network = new TestNetwork();
        var (alice, bob) = (await network.StartAsync("alice"), await network.StartAsync("bob"));
        using var ours = alice.Subscribe();
        using var theirs = bob.Subscribe();
        await alice.ConnectAsync(bob.Address(), TestContext.Current.CancellationToken);
        await theirs.NextAsync<PeerEvent.ConnectionOpened>();
        await alice.DisconnectAsync(bob.LocalPeer);

        Assert.Equal((CloseReason.Local, true), await ours.NextAsync<PeerEvent.ConnectionClosed>() is var a ? (a.Reason, a.IsLast) : default);
        Assert.Equal((CloseReason.Remote, true), await theirs.NextAsync<PeerEvent.ConnectionClosed>() is var b ? (b.Reason, b.IsLast) : default);
        Assert.Empty(alice.Connections);
        Assert.Empty(bob.Connections);
    }

    [Fact]
    public async Task A_stopped_host_closes_its_connections_ends_its_events_and_leaves_no_task()
    {
        await using var network = new TestNetwork();
        var (alice, bob) = (await network.StartAsync("alice"), await network.StartAsync("bob"));
        var started = new TaskCompletionSource();
        var ended = new TaskCompletionSource();
        bob.SetStreamHandler("/wait/1", async (_, token) =>
        {
            started.SetResult();
            await using var registration = token.Register(ended.SetResult);
            await ended.Task;
        });
        using var events = alice.Subscribe();
        await using var stream = await alice.NewStreamAsync(
            await alice.ConnectAsync(bob.Address(), TestContext.Current.CancellationToken), ["/wait/1"], TestContext.Current.CancellationToken);
        await started.Task;
        await bob.DisposeAsync();

        Assert.Equal(0, bob.RunningTasks);
        await events.NextAsync<PeerEvent.ConnectionClosed>();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => bob.ConnectAsync(alice.Address(), TestContext.Current.CancellationToken));
        await alice.DisposeAsync();
        await foreach (var _ in events)
        {
            // Ends.
        }
    }

    private static async Task FailsAsync(string code, Task task) => Assert.Equal(code, (await Assert.ThrowsAsync<Libp2pException>(() => task)).Code);
}
