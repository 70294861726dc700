using System.Net;
using DChat.Libp2p.Addresses;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Protocols.CircuitRelay;
using DChat.Libp2p.Tests.Host;

namespace DChat.Libp2p.Tests.Protocols.CircuitRelay;

/// <summary>Messages, vouchers and the table of reservations, without a host.</summary>
public sealed class CircuitMessageTests
{
    private static readonly DateTimeOffset Now = DateTimeOffset.FromUnixTimeSeconds(1_800_000_000);

    [Fact]
    public void A_message_of_hop_is_read_as_it_was_written()
    {
        var message = new CircuitMessage
        {
            Type = CircuitMessage.HopStatus,
            Peer = TestHosts.SomePeer(),
            Reservation = new CircuitReservation(Now, [Multiaddr.Parse("/ip4/1.2.3.4/tcp/5")], new byte[] { 1, 2, 3 }),
            Limit = new CircuitLimit(TimeSpan.FromMinutes(2), 131072),
            Status = CircuitStatus.Ok,
        };

        Assert.True(CircuitMessage.TryDecodeHop(message.EncodeHop(), out var read));
        Assert.Equal((message.Type, message.Peer, message.Limit, message.Status), (read.Type, read.Peer, read.Limit, read.Status));
        Assert.Equal((Now, message.Reservation.Addresses[0]), (read.Reservation!.Expires, Assert.Single(read.Reservation.Addresses)));
        Assert.Equal([1, 2, 3], read.Reservation.Voucher.ToArray());
    }

    [Fact]
    public void A_message_of_stop_has_the_bytes_of_the_specification()
    {
        var peer = PeerId.Parse("12D3KooWBtg3aaRMjxwedh83aGiUkwSxDwUZkzuJcfaqUmo7R3pq");
        var connect = new CircuitMessage { Type = CircuitMessage.StopConnect, Peer = peer, Limit = new CircuitLimit(TimeSpan.FromSeconds(5), 9) };
        byte[] expected = [0x08, 0x00, 0x12, 0x28, 0x0a, 0x26, .. peer.ToBytes(), 0x1a, 0x04, 0x08, 0x05, 0x10, 0x09];
        Assert.Equal(expected, connect.EncodeStop());
        Assert.True(CircuitMessage.TryDecodeStop(expected, out var read));
        Assert.Equal((peer, connect.Limit), (read.Peer, read.Limit));

        var status = new CircuitMessage { Type = CircuitMessage.StopStatus, Status = CircuitStatus.Ok };
        Assert.Equal([0x08, 0x01, 0x20, 0x64], status.EncodeStop());
        Assert.True(CircuitMessage.TryDecodeStop(status.EncodeStop(), out read));
        Assert.Equal((CircuitMessage.StopStatus, CircuitStatus.Ok), (read.Type, read.Status));
    }

    [Fact]
    public void A_voucher_is_good_only_as_its_relay_signed_it()
    {
        using var relay = PrivateKey.Generate();
        using var other = PrivateKey.Generate();
        var voucher = new ReservationVoucher(relay.Peer, TestHosts.SomePeer(), Now);
        Assert.True(ReservationVoucher.TryOpen(voucher.Sign(relay.PublicKey, relay.Sign), out var read));
        Assert.Equal(voucher, read);

        Assert.False(ReservationVoucher.TryOpen(voucher.Sign(other.PublicKey, other.Sign), out _));
        var forged = voucher.Sign(relay.PublicKey, relay.Sign);
        forged[^1] ^= 1;
        Assert.False(ReservationVoucher.TryOpen(forged, out _));
    }

    [Fact]
    public void Reservations_end_at_their_limits_and_places_of_those_that_are_gone_are_free()
    {
        var gone = new HashSet<PeerId>();
        var options = new CircuitRelayOptions { MaxReservations = 3, MaxReservationsPerNetwork = 2 };
        var table = new ReservationTable(options, peer => !gone.Contains(peer));
        var (here, there) = (IPNetwork.Parse("10.0.0.1/32"), IPNetwork.Parse("10.0.0.2/32"));
        PeerId[] peers = [.. Enumerable.Range(0, 5).Select(_ => TestHosts.SomePeer())];

        Assert.True(table.TryReserve(peers[0], here, Now, out var expires));
        Assert.Equal(Now + options.ReservationTtl, expires);
        Assert.True(table.TryReserve(peers[1], here, Now, out _));
        Assert.False(table.TryReserve(peers[2], here, Now, out _));
        Assert.True(table.TryReserve(peers[0], here, Now, out _));
        Assert.True(table.TryReserve(peers[2], there, Now, out _));
        Assert.False(table.TryReserve(peers[3], there, Now, out _));
        gone.Add(peers[1]);
        Assert.True(table.TryReserve(peers[3], there, Now, out _));
        Assert.False(table.TryReserve(peers[4], here, Now + options.ReservationTtl - TimeSpan.FromTicks(1), out _));
        Assert.True(table.TryReserve(peers[4], here, Now + options.ReservationTtl, out _));
        Assert.Equal(1, table.Count);
    }

    [Fact]
    public void Circuits_end_at_their_limits()
    {
        var table = new ReservationTable(new CircuitRelayOptions { MaxCircuits = 3, MaxCircuitsPerPeer = 2 }, _ => true);
        PeerId[] peers = [.. Enumerable.Range(0, 5).Select(_ => TestHosts.SomePeer())];
        Assert.Equal(CircuitStatus.NoReservation, table.TryOpen(peers[0], peers[1], Now));
        table.TryReserve(peers[1], null, Now, out var expires);
        table.TryReserve(peers[2], null, Now, out _);
        Assert.Equal(CircuitStatus.NoReservation, table.TryOpen(peers[0], peers[1], expires));

        Assert.Equal(CircuitStatus.Ok, table.TryOpen(peers[0], peers[1], Now));
        Assert.Equal(CircuitStatus.Ok, table.TryOpen(peers[3], peers[1], Now));
        Assert.Equal(CircuitStatus.ResourceLimitExceeded, table.TryOpen(peers[4], peers[1], Now));
        Assert.Equal(CircuitStatus.Ok, table.TryOpen(peers[0], peers[2], Now));
        Assert.Equal(CircuitStatus.ResourceLimitExceeded, table.TryOpen(peers[4], peers[2], Now));
        table.Close(peers[0], peers[1]);
        Assert.Equal(CircuitStatus.Ok, table.TryOpen(peers[4], peers[2], Now));
        Assert.Equal(3, table.Circuits);
    }

    [Fact]
    public void Options_out_of_range_are_refused_by_name()
    {
        var options = new CircuitRelayOptions { MaxReservations = 0, ReservationTtl = TimeSpan.Zero, CircuitBytes = 1, CircuitDuration = TimeSpan.FromDays(2), RequestTimeout = TimeSpan.Zero };
        Assert.Equal(
            ["MaxReservations", "ReservationTtl", "CircuitDuration", "CircuitBytes", "RequestTimeout"],
            options.Validate().Select(f => f.Split(' ')[0]));
        Assert.Empty(new CircuitRelayOptions { CircuitBytes = 0, CircuitDuration = TimeSpan.Zero }.Validate());
    }

    [Theory]
    [InlineData("/ip4/1.2.3.4/tcp/5/p2p/12D3KooWBtg3aaRMjxwedh83aGiUkwSxDwUZkzuJcfaqUmo7R3pq/p2p-circuit", true)]
    [InlineData("/ip4/1.2.3.4/tcp/5/ws/p2p/12D3KooWBtg3aaRMjxwedh83aGiUkwSxDwUZkzuJcfaqUmo7R3pq/p2p-circuit/p2p/12D3KooWBtg3aaRMjxwedh83aGiUkwSxDwUZkzuJcfaqUmo7R3pq", true)]
    [InlineData("/ip4/1.2.3.4/tcp/5/p2p-circuit", false)]
    [InlineData("/p2p/12D3KooWBtg3aaRMjxwedh83aGiUkwSxDwUZkzuJcfaqUmo7R3pq/p2p-circuit", false)]
    [InlineData("/ip4/1.2.3.4/tcp/5/p2p/12D3KooWBtg3aaRMjxwedh83aGiUkwSxDwUZkzuJcfaqUmo7R3pq/p2p-circuit/p2p/12D3KooWBtg3aaRMjxwedh83aGiUkwSxDwUZkzuJcfaqUmo7R3pq/p2p-circuit", false)]
    [InlineData("/ip4/1.2.3.4/tcp/5", false)]
    public void Only_addresses_through_one_named_relay_are_taken(string address, bool taken) =>
        Assert.Equal(taken, CircuitTransport.RelayOf(Multiaddr.Parse(address), out _) is not null);
}
