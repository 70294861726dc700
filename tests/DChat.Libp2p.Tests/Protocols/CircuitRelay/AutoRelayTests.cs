using DChat.Libp2p.Addresses;
using DChat.Libp2p.Host;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Protocols.CircuitRelay;
using DChat.Libp2p.Protocols.Ping;
using DChat.Libp2p.Tests.Host;
using DChat.Libp2p.Tests.Protocols.Kad;

namespace DChat.Libp2p.Tests.Protocols.CircuitRelay;

/// <summary>A host that keeps itself reachable through relays.</summary>
public sealed class AutoRelayTests
{
    private readonly WatchedTime _time = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_host_that_listens_nowhere_is_reached_through_the_relay_that_it_is_given()
    {
        await using var network = new TestNetwork();
        var relay = await network.StartAsync("relay");
        using var service = new CircuitRelayService(relay);
        var bob = await HiddenAsync(network);
        await using var reservations = await KeepAsync(bob, relay);

        var status = Assert.Single(reservations.Relays);
        Assert.Equal((AutoRelayState.Reserved, true, relay.Address()), (status.State, status.IsNamed, status.Relay));
        Assert.Equal((TimeSpan.FromMinutes(2), 128 * 1024), (status.CircuitDuration, status.CircuitBytes));
        Assert.Equal([Through(relay)], bob.ListenAddresses);
        Assert.Equal([Through(relay)], bob.Addresses.ToldTo(AddressClass.Loopback));
        Assert.True(bob.ConnectionManager.IsProtected(relay.LocalPeer));

        var alice = await network.StartAsync("alice");
        await alice.ConnectAsync(Through(relay).WithPeer(bob.LocalPeer), Cancel);
        Assert.True(await alice.PingAsync(bob.LocalPeer, Cancel) > TimeSpan.Zero);
        var held = Assert.Single(service.Reservations);
        Assert.Equal((bob.LocalPeer, 1), (held.Peer, held.Circuits));
        Assert.Equal(held.Bytes, service.CarriedBytes);
        Assert.True(held.Bytes > 0);
        Assert.Equal([new(CircuitStatus.Ok, 1)], service.ReservationRequests);
        Assert.Equal([new(CircuitStatus.Ok, 1)], service.CircuitRequests);
    }

    [Fact]
    public async Task Another_relay_takes_the_place_of_one_that_is_lost()
    {
        await using var network = new TestNetwork();
        var (first, second) = (await network.StartAsync("first"), await network.StartAsync("second"));
        using var lost = new CircuitRelayService(first);
        using var left = new CircuitRelayService(second);
        var bob = await HiddenAsync(network);
        await using var reservations = await KeepAsync(bob, first, second);
        Assert.Equal((1, 0), (lost.ReservationCount, left.ReservationCount));

        await first.DisposeAsync();
        await TestHosts.UntilAsync(() => bob.ConnectionsTo(first.LocalPeer).Count == 0);
        var lostAt = _time.GetUtcNow();
        await StepUntilAsync(reservations, () => left.ReservationCount == 1 && bob.ListenAddresses is [var only] && only.Equals(Through(second)));
        Assert.InRange(_time.GetUtcNow() - lostAt, TimeSpan.FromSeconds(15), TimeSpan.FromSeconds(40));
        await StepUntilAsync(reservations, () => reservations.Relays.Single(r => r.Peer.Equals(second.LocalPeer)).State == AutoRelayState.Reserved);
        var status = reservations.Relays.Single(r => r.Peer.Equals(first.LocalPeer));
        Assert.Equal(AutoRelayState.Waiting, status.State);
        Assert.NotNull(status.Fault);
        Assert.False(bob.ConnectionManager.IsProtected(first.LocalPeer));
    }

    [Fact]
    public async Task A_relay_that_comes_back_within_its_time_keeps_its_place()
    {
        using var identity = PrivateKey.Generate();
        await using var network = new TestNetwork();
        var lost = await network.StartAsync("relay", o => o.Identity = identity);
        using var service = new CircuitRelayService(lost);
        var bob = await HiddenAsync(network);
        await using var reservations = await KeepAsync(bob, lost);
        await lost.DisposeAsync();
        await TestHosts.UntilAsync(() => bob.ConnectionsTo(lost.LocalPeer).Count == 0);
        var back = await network.StartAsync("relay", o => o.Identity = identity);
        using var again = new CircuitRelayService(back);
        await StepUntilAsync(reservations, () => again.ReservationCount == 1);
        await StepUntilAsync(reservations, () => reservations.Relays[0].State == AutoRelayState.Reserved);
        Assert.Equal([Through(back)], bob.ListenAddresses);
    }

    [Fact]
    public async Task A_reservation_is_renewed_and_its_end_moves_on()
    {
        await using var network = new TestNetwork();
        var relay = await network.StartAsync("relay", time: _time);
        using var service = new CircuitRelayService(relay);
        var bob = await HiddenAsync(network);
        await using var reservations = await KeepAsync(bob, relay);
        var first = reservations.Relays[0].Expires!.Value;
        var renewal = TimeSpan.FromMinutes(45);
        await TestHosts.UntilAsync(() => _time.HasSet(renewal));
        _time.Advance(renewal - TimeSpan.FromTicks(1));
        Assert.Equal(new(CircuitStatus.Ok, 1), Assert.Single(service.ReservationRequests));
        _time.Advance(TimeSpan.FromTicks(1));
        await TestHosts.UntilAsync(() => service.ReservationRequests[CircuitStatus.Ok] == 2);
        await StepUntilAsync(reservations, () => reservations.Relays[0].Expires > first);
        Assert.Equal(new(CircuitStatus.Ok, 2), Assert.Single(service.ReservationRequests));
    }

    [Fact]
    public async Task Relays_among_the_connected_peers_are_used_while_they_are_to_be_found()
    {
        await using var network = new TestNetwork();
        var (relay, other) = (await network.StartAsync("relay"), await network.StartAsync("other"));
        using var service = new CircuitRelayService(relay);
        var bob = await HiddenAsync(network);
        await using var reservations = new AutoRelay(bob);
        await reservations.StartAsync(Cancel);
        await bob.ConnectAndIdentifyAsync(relay);
        await bob.ConnectAndIdentifyAsync(other);
        var end = _time.GetUtcNow().AddSeconds(10);
        await StepUntilAsync(reservations, () => _time.GetUtcNow() >= end);
        Assert.Empty(reservations.Relays);

        reservations.SetFinding(true);
        Assert.True(reservations.IsFinding);
        await StepUntilAsync(reservations, () => reservations.Relays is [{ State: AutoRelayState.Reserved }]);
        Assert.Equal((false, relay.LocalPeer), (reservations.Relays[0].IsNamed, reservations.Relays[0].Peer));
        Assert.Equal([Through(relay)], bob.ListenAddresses);

        reservations.SetFinding(false);
        await StepUntilAsync(reservations, () => bob.ListenAddresses.Count == 0);
    }

    [Fact]
    public async Task A_relay_named_at_run_time_is_asked_at_once_and_its_refusal_is_told()
    {
        await using var network = new TestNetwork();
        var (kind, unkind) = (await network.StartAsync("kind"), await network.StartAsync("unkind"));
        using var service = new CircuitRelayService(kind);
        using var refusing = new CircuitRelayService(unkind, new CircuitRelayOptions { AllowReservation = (_, _) => false });
        var bob = await HiddenAsync(network);
        await using var reservations = new AutoRelay(bob);
        Assert.Equal(AutoRelayState.Reserved, (await reservations.ReserveAsync(kind.Address(), Cancel)).State);
        var refused = await reservations.ReserveAsync(unkind.Address(), Cancel);
        Assert.Equal(AutoRelayState.Waiting, refused.State);
        Assert.Contains(nameof(CircuitStatus.PermissionDenied), refused.Fault, StringComparison.Ordinal);
        Assert.Equal([new(CircuitStatus.PermissionDenied, 1)], refusing.ReservationRequests);
        await Assert.ThrowsAsync<ArgumentException>(() => reservations.ReserveAsync(Through(kind), Cancel));

        Assert.True(await reservations.ReleaseAsync(kind.LocalPeer));
        Assert.False(await reservations.ReleaseAsync(kind.LocalPeer));
        Assert.Empty(bob.ListenAddresses);
        Assert.Equal([unkind.LocalPeer], reservations.Relays.Select(r => r.Peer));
    }

    [Fact]
    public async Task A_relay_that_serves_no_longer_gives_no_more_places()
    {
        await using var network = new TestNetwork();
        var relay = await network.StartAsync("relay");
        using var service = new CircuitRelayService(relay, new CircuitRelayOptions { Serves = false });
        Assert.DoesNotContain(CircuitRelayService.HopId, relay.Protocols);
        var bob = await HiddenAsync(network);
        await using var reservations = new AutoRelay(bob);
        Assert.Equal(AutoRelayState.Waiting, (await reservations.ReserveAsync(relay.Address(), Cancel)).State);
        service.SetServing(true);
        Assert.Equal(AutoRelayState.Reserved, (await reservations.ReserveAsync(relay.Address(), Cancel)).State);
    }

    [Fact]
    public async Task What_ends_gives_up_its_reservations()
    {
        await using var network = new TestNetwork();
        var relay = await network.StartAsync("relay");
        using var service = new CircuitRelayService(relay);
        var bob = await HiddenAsync(network);
        var reservations = await KeepAsync(bob, relay);
        await reservations.DisposeAsync();
        Assert.Empty(bob.ListenAddresses);
        await reservations.DisposeAsync();
    }

    [Fact]
    public async Task Announced_addresses_stand_beside_those_through_relays()
    {
        await using var network = new TestNetwork();
        var relay = await network.StartAsync("relay");
        using var service = new CircuitRelayService(relay);
        var announced = Multiaddr.Parse("/ip4/203.0.113.1/tcp/1");
        var bob = await network.StartAsync("bob", o => o.AnnounceAddresses.Add(announced), _time);
        await using var reservations = await KeepAsync(bob, relay);
        Assert.Equal([announced, Through(relay)], bob.Addresses.ToldTo(AddressClass.Loopback));
    }

    private static Multiaddr Through(Libp2pHost relay) => Multiaddr.Parse($"{relay.Address()}/p2p-circuit");

    /// <summary>A host that listens nowhere.</summary>
    private Task<Libp2pHost> HiddenAsync(TestNetwork network) => network.StartAsync("bob", o => o.ListenAddresses.Clear(), _time);

    /// <summary>Reserves at one of the relays, and waits until it has.</summary>
    private static async Task<AutoRelay> KeepAsync(Libp2pHost host, params Libp2pHost[] relays)
    {
        var options = new AutoRelayOptions { Reservations = 1 };
        foreach (var relay in relays)
        {
            options.Relays.Add(relay.Address());
        }

        var reservations = new AutoRelay(host, options);
        await reservations.StartAsync(Cancel);
        await TestHosts.UntilAsync(() => reservations.Relays[0].State == AutoRelayState.Reserved);
        return reservations;
    }

    private Task StepUntilAsync(AutoRelay reservations, Func<bool> reached) => AutoRelaySteps.UntilAsync(_time, reservations, reached, Cancel);
}
