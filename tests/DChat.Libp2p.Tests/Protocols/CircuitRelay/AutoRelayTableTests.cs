using DChat.Libp2p.Addresses;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Protocols.CircuitRelay;
using DChat.Libp2p.Tests.Host;

namespace DChat.Libp2p.Tests.Protocols.CircuitRelay;

/// <summary>Which relays are asked, and which are given up.</summary>
public sealed class AutoRelayTableTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly CircuitStanding Holds = new(new CircuitReservation(Start.AddHours(1), [], default), new CircuitLimit(TimeSpan.FromMinutes(2), 128));

    private readonly AutoRelayOptions _options = new() { Reservations = 2 };

    [Fact]
    public void As_many_relays_as_are_missing_are_asked_the_named_before_the_found()
    {
        var table = new AutoRelayTable(_options);
        var (named, found, other) = (Relay(1), Relay(2), Relay(3));
        Assert.True(table.Name(named));
        Assert.Equal([named, found], table.Begin(Start, [found, other]));
        Assert.Empty(table.Begin(Start, [found, other]));
        Assert.Equal([AutoRelayState.Asking, AutoRelayState.Asking], table.Describe().Select(r => r.State));
    }

    [Fact]
    public void A_relay_that_refuses_waits_twice_as_long_each_time_and_others_are_asked_meanwhile()
    {
        var table = new AutoRelayTable(new AutoRelayOptions { Reservations = 1 });
        var (named, other) = (Relay(1), Relay(2));
        table.Name(named);
        table.Name(other);
        Assert.Equal([named], table.Begin(Start, []));
        table.Failed(named.Peer!, "no", Start);
        Assert.Equal([other], table.Begin(Start, []));
        table.Failed(other.Peer!, "no", Start);
        var now = Start;
        foreach (var pause in new[] { 5, 10, 20, 40, 80, 120, 120 })
        {
            var status = table.Find(named.Peer!)!;
            Assert.Equal((AutoRelayState.Waiting, "no", now.AddSeconds(pause)), (status.State, status.Fault, status.RetryAt));
            Assert.DoesNotContain(named, table.Begin(now.AddSeconds(pause).AddTicks(-1), []));
            table.Failed(other.Peer!, "no", now.AddSeconds(pause));
            now = now.AddSeconds(pause);
            Assert.Equal([named], table.Begin(now, []));
            table.Failed(named.Peer!, "no", now);
        }
    }

    [Fact]
    public void A_relay_that_is_lost_has_its_time_to_come_back_before_another_takes_its_place()
    {
        var table = new AutoRelayTable(new AutoRelayOptions { Reservations = 1 });
        var (first, second) = (Relay(1), Relay(2));
        table.Name(first);
        table.Name(second);
        table.Begin(Start, []);
        Assert.True(table.Reserved(first.Peer!, Holds));
        Assert.Equal((AutoRelayState.Reserved, Start.AddHours(1), TimeSpan.FromMinutes(2), 128), State(table.Find(first.Peer!)!));

        var lost = Holds with { LostAt = Start, Fault = "gone" };
        Assert.Empty(Observe(table, first, lost, Start.AddSeconds(15).AddTicks(-1)));
        Assert.Equal((AutoRelayState.Lost, "gone"), (table.Find(first.Peer!)!.State, table.Find(first.Peer!)!.Fault));
        Assert.Empty(table.Begin(Start, []));
        Assert.Empty(Observe(table, first, Holds, Start));
        Assert.Equal(AutoRelayState.Reserved, table.Find(first.Peer!)!.State);

        Assert.Equal([first.Peer!], Observe(table, first, lost, Start.AddSeconds(15)));
        table.Failed(first.Peer!, "gone", Start.AddSeconds(15));
        Assert.Equal([second], table.Begin(Start.AddSeconds(15), []));
    }

    [Fact]
    public void A_relay_that_nobody_listens_through_any_more_is_given_up_at_once()
    {
        var table = new AutoRelayTable(_options);
        table.Name(Relay(1));
        table.Begin(Start, []);
        table.Reserved(Relay(1).Peer!, Holds);
        Assert.Equal([Relay(1).Peer!], Observe(table, Relay(1), null, Start));
    }

    [Fact]
    public void Relays_that_were_found_are_given_up_when_none_is_to_be_found_and_named_ones_stay()
    {
        var table = new AutoRelayTable(_options);
        table.Name(Relay(1));
        table.Begin(Start, [Relay(2)]);
        table.Reserved(Relay(1).Peer!, Holds);
        table.Reserved(Relay(2).Peer!, Holds);
        var standings = new Dictionary<PeerId, CircuitStanding> { [Relay(1).Peer!] = Holds, [Relay(2).Peer!] = Holds };
        Assert.Empty(table.Observe(standings, finds: true, Start));
        Assert.Equal([Relay(2).Peer!], table.Observe(standings, finds: false, Start));
        table.Failed(Relay(2).Peer!, null, Start);
        table.Begin(Start.AddSeconds(5), []);
        Assert.Equal([Relay(1)], table.Describe().Select(r => r.Relay));
    }

    [Fact]
    public void A_relay_that_was_released_while_it_was_asked_is_not_wanted()
    {
        var table = new AutoRelayTable(_options);
        table.Name(Relay(1));
        table.Begin(Start, []);
        Assert.True(table.Remove(Relay(1).Peer!));
        Assert.False(table.Reserved(Relay(1).Peer!, Holds));
        Assert.Empty(table.Describe());
    }

    [Fact]
    public void So_many_relays_can_be_named_and_not_one_more()
    {
        var table = new AutoRelayTable(_options);
        for (var i = 0; i < AutoRelayOptions.MaxRelays; i++)
        {
            Assert.True(table.Name(Relay(i)));
        }

        Assert.False(table.Name(Relay(AutoRelayOptions.MaxRelays)));
        Assert.True(table.Name(Relay(0)));
    }

    [Fact]
    public void A_relay_that_is_named_again_is_asked_at_its_new_address_at_once_even_beyond_the_number_wanted()
    {
        var table = new AutoRelayTable(new AutoRelayOptions { Reservations = 1 });
        table.Name(Relay(1));
        table.Begin(Start, []);
        table.Name(Relay(2));
        Assert.Empty(table.Begin(Start, []));
        var moved = Multiaddr.Parse("/ip4/10.0.0.9/tcp/9").WithPeer(Relay(2).Peer!);
        table.Name(moved);
        Assert.Equal([moved], table.Begin([Relay(2).Peer!]));
        Assert.Empty(table.Begin([Relay(2).Peer!, TestHosts.SomePeer()]));
    }

    [Theory]
    [InlineData("/ip4/10.0.0.1/tcp/4001")]
    [InlineData("/p2p/12D3KooWAeXDqy4VrJkyhQGvFC58fW6dXzMsAYVkZtPKLTPP8VY2")]
    [InlineData("/ip4/10.0.0.1/tcp/1/p2p/12D3KooWAeXDqy4VrJkyhQGvFC58fW6dXzMsAYVkZtPKLTPP8VY2/p2p-circuit/p2p/12D3KooWAeXDqy4VrJkyhQGvFC58fW6dXzMsAYVkZtPKLTPP8VY2")]
    public void What_names_no_relay_or_leads_there_through_another_is_refused(string address)
    {
        _options.Relays.Add(Multiaddr.Parse(address));
        Assert.StartsWith("Relays: ", Assert.Single(_options.Validate()), StringComparison.Ordinal);
    }

    private static IReadOnlyList<PeerId> Observe(AutoRelayTable table, Multiaddr relay, CircuitStanding? standing, DateTimeOffset now) =>
        table.Observe(standing is null ? [] : new Dictionary<PeerId, CircuitStanding> { [relay.Peer!] = standing }, finds: false, now);

    private static (AutoRelayState State, DateTimeOffset? Expires, TimeSpan Duration, long Bytes) State(AutoRelayStatus status) =>
        (status.State, status.Expires, status.CircuitDuration, status.CircuitBytes);

    private static Multiaddr Relay(int number)
    {
        var seed = new byte[32];
        seed[0] = (byte)number;
        using var key = PrivateKey.FromSeed(seed);
        return Multiaddr.Parse($"/ip4/10.0.0.{number}/tcp/4001").WithPeer(key.Peer);
    }
}
