using DChat.Libp2p.Addresses;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Protocols.CircuitRelay;

namespace DChat.Libp2p.Tests.Hostile;

/// <summary>Decoders of circuit relay v2; see <see cref="Fuzzer"/>.</summary>
public sealed class CircuitFuzzTests
{
    private static readonly PeerId Peer = PeerId.Parse("12D3KooWBtg3aaRMjxwedh83aGiUkwSxDwUZkzuJcfaqUmo7R3pq");
    private static readonly CircuitLimit Limit = new(TimeSpan.FromMinutes(2), 131072);
    private static readonly DateTimeOffset Expires = DateTimeOffset.FromUnixTimeSeconds(1_800_000_000);

    [Fact]
    public void Messages_of_hop()
    {
        var reservation = new CircuitReservation(Expires, [Multiaddr.Parse("/ip4/1.2.3.4/tcp/5"), Multiaddr.Parse("/dns4/a/tcp/6/ws")], new byte[] { 1, 2, 3 });
        var answer = new CircuitMessage { Type = CircuitMessage.HopStatus, Peer = Peer, Reservation = reservation, Limit = Limit, Status = CircuitStatus.Ok };
        var request = new CircuitMessage { Type = CircuitMessage.HopConnect, Peer = Peer };
        Fuzzer.Run([answer.EncodeHop(), request.EncodeHop()], input =>
        {
            if (CircuitMessage.TryDecodeHop(input.Span, out var message))
            {
                Assert.True(message.Reservation is null || message.Reservation.Addresses.Count <= CircuitMessage.MaxAddresses);
                IsTheSameAgain(message, m => m.EncodeHop(), CircuitMessage.TryDecodeHop);
            }
        });
    }

    [Fact]
    public void Messages_of_stop()
    {
        var request = new CircuitMessage { Type = CircuitMessage.StopConnect, Peer = Peer, Limit = Limit };
        var answer = new CircuitMessage { Type = CircuitMessage.StopStatus, Status = CircuitStatus.Ok };
        Fuzzer.Run([request.EncodeStop(), answer.EncodeStop()], input =>
        {
            if (CircuitMessage.TryDecodeStop(input.Span, out var message))
            {
                IsTheSameAgain(message, m => m.EncodeStop(), CircuitMessage.TryDecodeStop);
            }
        });
    }

    [Fact]
    public void Vouchers()
    {
        using var relay = PrivateKey.Generate();
        var voucher = new ReservationVoucher(relay.Peer, Peer, Expires);
        Fuzzer.Run([voucher.Sign(relay.PublicKey, relay.Sign)], input =>
        {
            // Nobody changes what the relay has signed.
            if (ReservationVoucher.TryOpen(input.Span, out var opened))
            {
                Assert.Equal(voucher, opened);
            }
        });
    }

    private delegate bool Decode(ReadOnlySpan<byte> bytes, out CircuitMessage? message);

    /// <summary>What was taken can be sent on, and is then taken again as it was.</summary>
    private static void IsTheSameAgain(CircuitMessage message, Func<CircuitMessage, byte[]> encode, Decode decode)
    {
        var sent = encode(message);
        Assert.True(decode(sent, out var again));
        Assert.Equal(sent, encode(again!));
    }
}
