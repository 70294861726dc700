using System.Diagnostics.CodeAnalysis;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Wire;

namespace DChat.Libp2p.Protocols.CircuitRelay;

/// <summary>
/// A relay's signed word that a peer can be reached through it: <c>{1 relay, 2 peer, 3 expiration}</c> in a signed envelope
/// (relay/circuit-v2.md, "Reservation vouchers").
/// </summary>
internal sealed record ReservationVoucher(PeerId Relay, PeerId Peer, DateTimeOffset Expires)
{
    private const string Domain = "libp2p-relay-rsvp";

    private static ReadOnlySpan<byte> PayloadType => [0x03, 0x02];

    internal byte[] Sign(PublicKey signer, Func<ReadOnlySpan<byte>, byte[]> sign)
    {
        var payload = new ProtobufWriter().Bytes(1, Relay.ToBytes()).Bytes(2, Peer.ToBytes()).Varint(3, (ulong)Expires.ToUnixTimeSeconds());
        return SignedEnvelope.Seal(signer, sign, Domain, PayloadType, payload.Written.Span).Encode();
    }

    /// <summary>Opens a voucher; false unless it decodes and the relay it names has signed it.</summary>
    internal static bool TryOpen(ReadOnlySpan<byte> envelope, [NotNullWhen(true)] out ReservationVoucher? voucher)
    {
        voucher = null;
        if (!SignedEnvelope.TryDecode(envelope, out var signed) || !signed.PayloadType.Span.SequenceEqual(PayloadType) || !signed.Verify(Domain))
        {
            return false;
        }

        PeerId? relay = null;
        PeerId? peer = null;
        ulong expires = 0;
        var reader = new ProtobufReader(signed.Payload.Span);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1 when !PeerId.TryFromBytes(reader.Bytes, out relay):
                case 2 when !PeerId.TryFromBytes(reader.Bytes, out peer):
                    return false;
                case 3:
                    expires = reader.Number;
                    break;
            }
        }

        if (reader.IsMalformed || peer is null || relay is null || !signed.Signer.Peer.Equals(relay) || expires > (ulong)DateTimeOffset.MaxValue.ToUnixTimeSeconds())
        {
            return false;
        }

        voucher = new ReservationVoucher(relay, peer, DateTimeOffset.FromUnixTimeSeconds((long)expires));
        return true;
    }
}
