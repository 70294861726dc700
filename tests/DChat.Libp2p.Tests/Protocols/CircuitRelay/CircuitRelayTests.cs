using DChat.Libp2p.Addresses;
using DChat.Libp2p.Host;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Peers;
using DChat.Libp2p.Protocols.CircuitRelay;
using DChat.Libp2p.Protocols.Ping;
using DChat.Libp2p.Streams;
using DChat.Libp2p.Tests.Host;
using DChat.Libp2p.Wire;
using Microsoft.Extensions.Time.Testing;

namespace DChat.Libp2p.Tests.Protocols.CircuitRelay;

/// <summary>A relay, a peer that reserves there, and others that reach it, or try what they may not.</summary>
public sealed class CircuitRelayTests
{
    private const string Echo = "/echo/1.0.0";
    private const int Bytes = 2000;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_peer_behind_a_relay_is_reached_and_the_connection_is_known_to_be_limited()
    {
        await using var network = new TestNetwork();
        var relay = await network.StartAsync("relay");
        using var service = new CircuitRelayService(relay);
        var bob = await ListenThroughAsync(network, relay, "bob");
        var alice = await network.StartAsync("alice", o => o.LimitedProtocols.Add("/limited/1.0.0"));
        bob.SetStreamHandler(Echo, TestHosts.EchoAsync);
        bob.SetStreamHandler("/limited/1.0.0", TestHosts.EchoAsync, new ProtocolLimits(OnLimited: true));
        using var events = bob.Subscribe();

        var connection = await alice.ConnectAsync(Through(relay).WithPeer(bob.LocalPeer), Cancel);
        Assert.Equal((bob.LocalPeer, true, Through(relay)), (connection.RemotePeer, connection.IsLimited, connection.RemoteAddress));
        Assert.True((await events.NextAsync<PeerEvent.Identified>(e => e.Info.Peer.Equals(alice.LocalPeer))).Connection.IsLimited);
        Assert.True(await alice.PingAsync(bob.LocalPeer, Cancel) > TimeSpan.Zero);
        Assert.Equal((1, 1), (service.CircuitCount, service.ReservationCount));

        await using (var stream = await alice.NewStreamAsync(connection, ["/limited/1.0.0"], Cancel))
        {
            LengthPrefixed.Write(stream.Output, "hello"u8);
            await stream.CloseWriteAsync(Cancel);
            Assert.Equal("hello"u8.ToArray(), await LengthPrefixed.ReadAsync(stream.Input, 100, Cancel));
        }

        var fault = await Assert.ThrowsAsync<Libp2pException>(() => alice.NewStreamAsync(connection, [Echo], Cancel));
        Assert.Equal((Libp2pErrorCodes.LimitedConnection, true), (fault.Code, fault.IsTransient));
        await alice.DisconnectAsync(bob.LocalPeer);
        await events.NextAsync<PeerEvent.ConnectionClosed>(e => e.Connection.RemotePeer.Equals(alice.LocalPeer));
    }

    [Fact]
    public async Task A_protocol_that_does_not_say_so_is_not_served_over_a_limited_connection()
    {
        await using var network = new TestNetwork();
        var relay = await network.StartAsync("relay");
        using var service = new CircuitRelayService(relay);
        var bob = await ListenThroughAsync(network, relay, "bob");
        bob.SetStreamHandler(Echo, TestHosts.EchoAsync);
        var alice = await network.StartAsync("alice", o => o.LimitedProtocols.Add(Echo));
        var connection = await alice.ConnectAsync(Through(relay).WithPeer(bob.LocalPeer), Cancel);
        await Assert.ThrowsAsync<Libp2pException>(async () =>
        {
            await using var stream = await alice.NewStreamAsync(connection, [Echo], Cancel);
            await stream.Input.ReadAsync(Cancel);
        });
    }

    [Fact]
    public async Task Requests_that_cannot_be_met_get_their_status()
    {
        await using var network = new TestNetwork();
        var relay = await network.StartAsync("relay");
        var (carol, dave) = (await network.StartAsync("carol"), await network.StartAsync("dave"));
        var options = new CircuitRelayOptions { MaxReservations = 1, AllowReservation = (peer, _) => !peer.Equals(dave.LocalPeer), AllowCircuit = (from, _) => !from.Equals(dave.LocalPeer) };
        using var service = new CircuitRelayService(relay, options);
        var bob = await ListenThroughAsync(network, relay, "bob");
        var (reserve, toBob) = (new CircuitMessage { Type = CircuitMessage.HopReserve }, new CircuitMessage { Type = CircuitMessage.HopConnect, Peer = bob.LocalPeer });

        Assert.Equal(CircuitStatus.ReservationRefused, await AskAsync(carol, relay, reserve.EncodeHop()));
        Assert.Equal(CircuitStatus.PermissionDenied, await AskAsync(dave, relay, reserve.EncodeHop()));
        Assert.Equal(CircuitStatus.PermissionDenied, await AskAsync(dave, relay, toBob.EncodeHop()));
        Assert.Equal(CircuitStatus.PermissionDenied, await AskAsync(bob, relay, toBob.EncodeHop()));
        Assert.Equal(CircuitStatus.PermissionDenied, await AskAsync(carol, relay, (toBob with { Peer = relay.LocalPeer }).EncodeHop()));
        Assert.Equal(CircuitStatus.NoReservation, await AskAsync(carol, relay, (toBob with { Peer = dave.LocalPeer }).EncodeHop()));
        Assert.Equal(CircuitStatus.MalformedMessage, await AskAsync(carol, relay, (toBob with { Peer = null }).EncodeHop()));
        Assert.Equal(CircuitStatus.MalformedMessage, await AskAsync(carol, relay, [0xff]));
        Assert.Equal(CircuitStatus.UnexpectedMessage, await AskAsync(carol, relay, [0x08, 0x02]));
        bob.RemoveStreamHandler(CircuitRelayService.StopId);
        Assert.Equal(CircuitStatus.ConnectionFailed, await AskAsync(carol, relay, toBob.EncodeHop()));
        Assert.Equal(0, service.CircuitCount);
    }

    [Fact]
    public async Task A_relay_does_not_serve_peers_that_come_through_a_relay()
    {
        await using var network = new TestNetwork();
        var relay = await network.StartAsync("relay");
        using var service = new CircuitRelayService(relay);
        var second = await ListenThroughAsync(network, relay, "second");
        using var chained = new CircuitRelayService(second);
        var alice = await network.StartAsync("alice", o => o.LimitedProtocols.Add(CircuitRelayService.HopId));
        await alice.ConnectAsync(Through(relay).WithPeer(second.LocalPeer), Cancel);
        Assert.Equal(CircuitStatus.PermissionDenied, await AskAsync(alice, second, new CircuitMessage { Type = CircuitMessage.HopReserve }.EncodeHop()));
        Assert.Equal(0, chained.ReservationCount);
    }

    [Fact]
    public async Task A_circuit_from_a_relay_that_gave_no_reservation_is_refused()
    {
        await using var network = new TestNetwork();
        var relay = await network.StartAsync("relay");
        using var service = new CircuitRelayService(relay);
        var bob = await ListenThroughAsync(network, relay, "bob");
        var mallory = await network.StartAsync("mallory");
        await mallory.ConnectAndIdentifyAsync(bob);
        await using var stream = await mallory.NewStreamAsync(bob.LocalPeer, [CircuitRelayService.StopId], Cancel);
        LengthPrefixed.Write(stream.Output, new CircuitMessage { Type = CircuitMessage.StopConnect, Peer = mallory.LocalPeer }.EncodeStop());
        await stream.Output.FlushAsync(Cancel);
        Assert.True(CircuitMessage.TryDecodeStop(await LengthPrefixed.ReadAsync(stream.Input, 100, Cancel), out var answer));
        Assert.Equal(CircuitStatus.PermissionDenied, answer.Status);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task A_circuit_carries_its_bytes_and_not_one_more(int beyond)
    {
        await using var network = new TestNetwork();
        var relay = await network.StartAsync("relay");
        using var service = new CircuitRelayService(relay, new CircuitRelayOptions { CircuitBytes = Bytes });
        var (alice, target) = (await network.StartAsync("alice"), await StopAsync(network, relay));
        await using var stream = await OpenAsync(alice, relay, target.Host);
        await stream.Output.WriteAsync(new byte[Bytes + beyond], Cancel);
        if (beyond == 0)
        {
            await stream.CloseWriteAsync(Cancel);
        }

        var (count, wasReset) = await target.Received.Task.WaitAsync(TestNetwork.Patience, Cancel);
        Assert.True(count <= Bytes);
        Assert.Equal(beyond > 0, wasReset);
        if (beyond == 0)
        {
            Assert.Equal(Bytes, count);
        }
    }

    [Fact]
    public async Task A_circuit_ends_when_its_time_is_over()
    {
        var time = new FakeTimeProvider();
        await using var network = new TestNetwork();
        var relay = await network.StartAsync("relay", time: time);
        using var service = new CircuitRelayService(relay);
        var (alice, target) = (await network.StartAsync("alice"), await StopAsync(network, relay));
        await using var stream = await OpenAsync(alice, relay, target.Host);
        await stream.Output.WriteAsync(new byte[] { 1 }, Cancel);
        Assert.Equal(1, service.CircuitCount);
        time.Advance(new CircuitRelayOptions().CircuitDuration);
        Assert.True((await target.Received.Task.WaitAsync(TestNetwork.Patience, Cancel)).WasReset);
        await Assert.ThrowsAsync<Libp2pException>(async () => await stream.Input.ReadAsync(Cancel));
    }

    [Fact]
    public async Task A_reservation_is_renewed_before_it_ends()
    {
        var time = new FakeTimeProvider();
        var asked = new SemaphoreSlim(0);
        await using var network = new TestNetwork();
        var relay = await network.StartAsync("relay");
        using var service = new CircuitRelayService(relay, new CircuitRelayOptions { AllowReservation = (_, _) => asked.Release() >= 0 });
        time.SetUtcNow(DateTimeOffset.UtcNow);
        var bob = await network.StartAsync("bob", o => o.ListenAddresses.Add(Through(relay)), time);
        Assert.True(await asked.WaitAsync(TestNetwork.Patience, Cancel));
        time.Advance(TimeSpan.FromMinutes(44));
        await TestHosts.StepUntilAsync(time, TimeSpan.FromSeconds(1), () => asked.CurrentCount > 0);
        Assert.Contains(Through(relay), bob.ListenAddresses);
    }

    [Fact]
    public async Task A_relay_that_was_lost_is_reserved_again_when_it_is_back()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        using var identity = PrivateKey.Generate();
        await using var network = new TestNetwork();
        var lost = await network.StartAsync("relay", o => o.Identity = identity);
        var through = Through(lost);
        Libp2pHost bob;
        using (new CircuitRelayService(lost))
        {
            bob = await network.StartAsync("bob", o => o.ListenAddresses.Add(through), time);
        }

        await lost.DisposeAsync();
        await TestHosts.UntilAsync(() => bob.ConnectionsTo(lost.LocalPeer).Count == 0);
        var lostAt = time.GetUtcNow();
        var back = await network.StartAsync("relay", o => o.Identity = identity);
        using var service = new CircuitRelayService(back);
        await TestHosts.StepUntilAsync(time, TimeSpan.FromSeconds(1), () => service.ReservationCount == 1);

        // Long before the lost reservation would have been renewed.
        Assert.InRange(time.GetUtcNow() - lostAt, TimeSpan.Zero, TimeSpan.FromMinutes(40));

        var alice = await network.StartAsync("alice");
        Assert.True((await alice.ConnectAsync(through.WithPeer(bob.LocalPeer), Cancel)).IsLimited);
        Assert.Contains(through, bob.ListenAddresses);
    }

    private static Multiaddr Through(Libp2pHost relay) => Multiaddr.Parse($"{relay.Address()}/p2p-circuit");

    private static Task<Libp2pHost> ListenThroughAsync(TestNetwork network, Libp2pHost relay, string name) =>
        network.StartAsync(name, o => o.ListenAddresses.Add(Through(relay)));

    private static async Task<CircuitStatus> AskAsync(Libp2pHost host, Libp2pHost relay, byte[] request)
    {
        host.Introduce(relay);
        await using var stream = await host.NewStreamAsync(relay.LocalPeer, [CircuitRelayService.HopId], Cancel);
        LengthPrefixed.Write(stream.Output, request);
        await stream.Output.FlushAsync(Cancel);
        var answer = await LengthPrefixed.ReadAsync(stream.Input, CircuitMessage.MaxLength, Cancel);
        Assert.True(CircuitMessage.TryDecodeHop(answer, out var status));
        Assert.Equal(CircuitMessage.HopStatus, status.Type);
        return status.Status;
    }

    /// <summary>A peer with a reservation that takes a circuit bare, and counts what comes over it.</summary>
    private static async Task<(Libp2pHost Host, TaskCompletionSource<(long Count, bool WasReset)> Received)> StopAsync(TestNetwork network, Libp2pHost relay)
    {
        var host = await network.StartAsync("target");
        var received = new TaskCompletionSource<(long, bool)>(TaskCreationOptions.RunContinuationsAsynchronously);
        host.SetStreamHandler(CircuitRelayService.StopId, async (stream, stop) =>
        {
            await LengthPrefixed.ReadAsync(stream.Input, CircuitMessage.MaxLength, stop);
            LengthPrefixed.Write(stream.Output, new CircuitMessage { Type = CircuitMessage.StopStatus, Status = CircuitStatus.Ok }.EncodeStop());
            await stream.Output.FlushAsync(stop);
            received.SetResult(await CountAsync(stream, stop));
        });
        Assert.Equal(CircuitStatus.Ok, await AskAsync(host, relay, new CircuitMessage { Type = CircuitMessage.HopReserve }.EncodeHop()));
        return (host, received);
    }

    private static async Task<(long Count, bool WasReset)> CountAsync(Libp2pStream stream, CancellationToken stop)
    {
        long count = 0;
        try
        {
            while (true)
            {
                var result = await stream.Input.ReadAsync(stop);
                count += result.Buffer.Length;
                stream.Input.AdvanceTo(result.Buffer.End);
                if (result.IsCompleted)
                {
                    return (count, false);
                }
            }
        }
        catch (Libp2pException)
        {
            return (count, true);
        }
    }

    /// <summary>A stream that has become a circuit.</summary>
    private static async Task<Libp2pStream> OpenAsync(Libp2pHost host, Libp2pHost relay, Libp2pHost target)
    {
        host.Introduce(relay);
        var stream = await host.NewStreamAsync(relay.LocalPeer, [CircuitRelayService.HopId], Cancel);
        LengthPrefixed.Write(stream.Output, new CircuitMessage { Type = CircuitMessage.HopConnect, Peer = target.LocalPeer }.EncodeHop());
        await stream.Output.FlushAsync(Cancel);
        Assert.True(CircuitMessage.TryDecodeHop(await LengthPrefixed.ReadAsync(stream.Input, CircuitMessage.MaxLength, Cancel), out var answer));
        Assert.Equal(CircuitStatus.Ok, answer.Status);
        return stream;
    }
}
