using System.Diagnostics.CodeAnalysis;
using DChat.Libp2p.Addresses;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Wire;

namespace DChat.Libp2p.Protocols.CircuitRelay;

/// <summary>
/// A message of hop <c>{1 type, 2 peer {1 id, 2 addrs*}, 3 reservation {1 expire, 2 addrs*, 3 voucher}, 4 limit {1 duration,
/// 2 data}, 5 status}</c> or of stop <c>{1 type, 2 peer, 3 limit, 4 status}</c> (relay/circuit-v2.md, "Protobuf").
/// </summary>
internal sealed record CircuitMessage
{
    /// <summary>The longest message that is accepted, in bytes, as in go.</summary>
    internal const int MaxLength = 4096;

    /// <summary>The most addresses taken.</summary>
    internal const int MaxAddresses = 16;

    /// <summary>Types of hop.</summary>
    internal const int HopReserve = 0, HopConnect = 1, HopStatus = 2;

    /// <summary>Types of stop.</summary>
    internal const int StopConnect = 0, StopStatus = 1;

    private const int HopReservationField = 3, HopLimitField = 4, HopStatusField = 5, StopLimitField = 3, StopStatusField = 4;

    internal required int Type { get; init; }

    internal PeerId? Peer { get; init; }

    internal CircuitReservation? Reservation { get; init; }

    internal CircuitLimit Limit { get; init; }

    internal CircuitStatus Status { get; init; }

    internal byte[] EncodeHop() => Encode(isHop: true);

    internal byte[] EncodeStop() => Encode(isHop: false);

    internal static bool TryDecodeHop(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out CircuitMessage? message) => TryDecode(bytes, isHop: true, out message);

    internal static bool TryDecodeStop(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out CircuitMessage? message) => TryDecode(bytes, isHop: false, out message);

    private byte[] Encode(bool isHop)
    {
        var writer = new ProtobufWriter().Varint(1, (ulong)Type);
        if (Peer is not null)
        {
            writer.Bytes(2, new ProtobufWriter().Bytes(1, Peer.ToBytes()).Written.Span);
        }

        if (Reservation is { } reservation && isHop)
        {
            writer.Bytes(HopReservationField, Encode(reservation));
        }

        if (!Limit.IsNone)
        {
            var limit = new ProtobufWriter().Varint(1, (ulong)Limit.Duration.TotalSeconds).Varint(2, (ulong)Limit.Data);
            writer.Bytes(isHop ? HopLimitField : StopLimitField, limit.Written.Span);
        }

        if (Status != CircuitStatus.None)
        {
            writer.Varint(isHop ? HopStatusField : StopStatusField, (ulong)Status);
        }

        return writer.ToArray();
    }

    private static byte[] Encode(CircuitReservation reservation)
    {
        var writer = new ProtobufWriter().Varint(1, (ulong)reservation.Expires.ToUnixTimeSeconds());
        foreach (var address in reservation.Addresses)
        {
            writer.Bytes(2, address.Bytes.Span);
        }

        return reservation.Voucher.IsEmpty ? writer.ToArray() : writer.Bytes(3, reservation.Voucher.Span).ToArray();
    }

    private static bool TryDecode(ReadOnlySpan<byte> bytes, bool isHop, [NotNullWhen(true)] out CircuitMessage? message)
    {
        message = null;
        var type = -1;
        PeerId? peer = null;
        CircuitReservation? reservation = null;
        CircuitLimit limit = default;
        ulong status = 0;
        var reader = new ProtobufReader(bytes);
        while (reader.Next())
        {
            var isGood = true;
            switch (reader.Field)
            {
                case 1 when !reader.IsBytes && reader.Number <= HopStatus:
                    type = (int)reader.Number;
                    break;
                case 2:
                    isGood = TryDecodePeer(reader.Bytes, out peer);
                    break;
                case HopReservationField when isHop:
                    isGood = TryDecodeReservation(reader.Bytes, out reservation);
                    break;
                case HopLimitField or StopLimitField when reader.IsBytes:
                    isGood = TryDecodeLimit(reader.Bytes, out limit);
                    break;
                case HopStatusField or StopStatusField:
                    status = reader.Number;
                    break;
            }

            if (!isGood)
            {
                return false;
            }
        }

        if (reader.IsMalformed || type < 0)
        {
            return false;
        }

        message = new CircuitMessage { Type = type, Peer = peer, Reservation = reservation, Limit = limit, Status = (CircuitStatus)Math.Min(status, int.MaxValue) };
        return true;
    }

    private static bool TryDecodePeer(ReadOnlySpan<byte> bytes, out PeerId? peer)
    {
        peer = null;
        var reader = new ProtobufReader(bytes);
        while (reader.Next())
        {
            if (reader.Field == 1 && !PeerId.TryFromBytes(reader.Bytes, out peer))
            {
                return false;
            }
        }

        return !reader.IsMalformed && peer is not null;
    }

    private static bool TryDecodeReservation(ReadOnlySpan<byte> bytes, out CircuitReservation? reservation)
    {
        ulong expires = 0;
        byte[] voucher = [];
        var addresses = new List<Multiaddr>();
        var reader = new ProtobufReader(bytes);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    expires = reader.Number;
                    break;
                case 2 when addresses.Count < MaxAddresses && Multiaddr.TryDecode(reader.Bytes, out var address):
                    addresses.Add(address);
                    break;
                case 3:
                    voucher = reader.Bytes.ToArray();
                    break;
            }
        }

        // What no clock can show is as good as for ever.
        var seconds = (long)Math.Min(expires, (ulong)DateTimeOffset.MaxValue.ToUnixTimeSeconds());
        reservation = new CircuitReservation(DateTimeOffset.FromUnixTimeSeconds(seconds), addresses, voucher);
        return !reader.IsMalformed;
    }

    private static bool TryDecodeLimit(ReadOnlySpan<byte> bytes, out CircuitLimit limit)
    {
        var (seconds, data) = (0UL, 0UL);
        var reader = new ProtobufReader(bytes);
        while (reader.Next())
        {
            (seconds, data) = reader.Field switch { 1 => (reader.Number, data), 2 => (seconds, reader.Number), _ => (seconds, data) };
        }

        limit = new CircuitLimit(TimeSpan.FromSeconds(Math.Min(seconds, uint.MaxValue)), (long)Math.Min(data, long.MaxValue));
        return !reader.IsMalformed;
    }
}
