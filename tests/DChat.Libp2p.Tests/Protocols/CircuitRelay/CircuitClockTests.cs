using System.Globalization;
using DChat.Libp2p.Addresses;
using DChat.Libp2p.Protocols.CircuitRelay;
using DChat.Libp2p.Swarm;
using DChat.Libp2p.Tests.Host;

namespace DChat.Libp2p.Tests.Protocols.CircuitRelay;

/// <summary>Reservations when the clocks of the relay and of the peer behind it differ, or one of them is set.</summary>
public sealed class CircuitClockTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("01:00:00", "00:45:00")]
    [InlineData("00:01:00", "00:00:45")]
    [InlineData("04:00:00", "00:45:00")]
    [InlineData("1000.00:00:00", "00:45:00")]
    [InlineData("00:00:01", "00:00:30")]
    [InlineData("-03:00:00", "00:00:30")]
    public void A_reservation_is_renewed_in_time_and_no_more_often_than_needed_whatever_the_clocks_say(string left, string after)
    {
        var now = DateTimeOffset.UtcNow;
        Assert.Equal(
            TimeSpan.Parse(after, CultureInfo.InvariantCulture),
            CircuitListener.RenewAfter(now + TimeSpan.Parse(left, CultureInfo.InvariantCulture), now));
    }

    [Theory]
    [InlineData(-3)]
    [InlineData(3)]
    public async Task A_relay_whose_clock_is_set_keeps_its_reservations_for_as_long_as_it_said(int hours)
    {
        var time = new SteppedTime();
        await using var network = new TestNetwork();
        var relay = await network.StartAsync("relay", o => o.Yamux.KeepAliveInterval = TimeSpan.FromDays(1), time);
        using var service = new CircuitRelayService(relay);
        var through = Multiaddr.Parse($"{relay.Address()}/p2p-circuit");
        var bob = await network.StartAsync("bob", o => o.ListenAddresses.Add(through));
        var alice = await network.StartAsync("alice");
        time.Step = TimeSpan.FromHours(hours);
        await alice.ConnectAsync(through.WithPeer(bob.LocalPeer), Cancel);
        await alice.DisconnectAsync(bob.LocalPeer);

        await TestHosts.UntilAsync(() => relay.Connections.All(c => c.RoundTripTime is not null));
        time.Advance(new CircuitRelayOptions().ReservationTtl);
        var fault = await Assert.ThrowsAsync<Libp2pException>(
            () => alice.ConnectAsync(bob.LocalPeer, [through], new DialOptions { ForceNew = true }, Cancel));
        Assert.Contains(nameof(CircuitStatus.NoReservation), fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_lost_relay_is_given_up_in_its_time_though_the_clock_is_set_back()
    {
        var time = new SteppedTime();
        await using var network = new TestNetwork();
        var (first, second) = (await network.StartAsync("first"), await network.StartAsync("second"));
        using var lost = new CircuitRelayService(first);
        using var left = new CircuitRelayService(second);
        var bob = await network.StartAsync("bob", o => o.ListenAddresses.Clear(), time);
        var options = new AutoRelayOptions { Reservations = 1, Relays = { first.Address(), second.Address() } };
        await using var reservations = new AutoRelay(bob, options);
        await reservations.StartAsync(Cancel);
        await TestHosts.UntilAsync(() => reservations.Relays[0].State == AutoRelayState.Reserved);

        await first.DisposeAsync();
        await TestHosts.UntilAsync(() => bob.ConnectionsTo(first.LocalPeer).Count == 0);
        var lostAt = time.GetTimestamp();
        await AutoRelaySteps.UntilAsync(time, reservations, () => reservations.Relays[0].State == AutoRelayState.Lost, Cancel);
        time.Step = TimeSpan.FromHours(-3);
        await AutoRelaySteps.UntilAsync(time, reservations, () => left.ReservationCount == 1, Cancel);
        Assert.InRange(time.GetElapsedTime(lostAt), options.LossPatience, options.LossPatience + TimeSpan.FromSeconds(30));
    }
}
